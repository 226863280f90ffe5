import axe from 'axe-core'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { startApp } from '../../helpers/app-process.js'
import { type Chat, openChat } from '../../helpers/chat.js'
import { startChromium, visit } from '../../helpers/chromium.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { until } from '../../helpers/until.js'

t.setTimeout(240_000)

const browser = await startChromium(t)
const provider = await openAiServer(t, () => {})
const { url } = await startApp(t, { OPENAI_BASE_URL: provider.url })

t.beforeEach(() => {
  provider.calls.length = 0
})

/** The next call with this question: that of an earlier test may still be on its way. */
const called = (prompt: string) =>
  provider.next(({ body }) => (body.messages.at(-1) as { content: string }).content === prompt)

/** A word that is wider than any window. */
const LONG = 'https://example.com/'.padEnd(400, 'a')

t.test('the page can be used with the keyboard alone', async t => {
  const chat = await openChat(t, browser, url)
  const { page } = chat
  t.equal(await focused(page), 'prompt')
  await page.keyboard.type('one')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('two')
  t.equal(provider.calls.length, 0)
  await page.keyboard.press('Enter')
  const call = await called('one\ntwo')
  t.match(call.body.messages, [{ content: 'one\ntwo' }])
  t.equal(await focused(page), 'prompt')

  call.token('an answer')
  await page.keyboard.type('next')
  await page.keyboard.press('Enter')
  await page.locator('#notice', { hasText: 'One answer at a time' }).waitFor()
  t.equal(provider.calls.length, 1)
  await page.keyboard.press('Tab')
  t.equal(await focused(page), 'stop')
  await page.keyboard.press('Enter')
  await until('the provider is left', () => call.closed)
  await chat.isDone()
  t.equal(await focused(page), 'prompt', 'the focus is not lost with the button')
  t.equal(await page.getByLabel('Your message').inputValue(), 'next')

  const order = ['again', 'scroller', 'new-chat', 'docs/']
  for (const place of order) {
    await until(place, async () => {
      await page.keyboard.press('Shift+Tab')
      return (await focused(page)) === place
    })
  }
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  t.equal(await page.locator('article').count(), 0)
  t.equal(await focused(page), 'prompt')
})

/** Where the focus is. */
function focused(page: Page): Promise<string> {
  return page.evaluate<string>("(e => e.id || e.getAttribute('href') || e.className)(document.activeElement)")
}

t.test('the Enter that ends a composition sends nothing', async t => {
  const chat = await openChat(t, browser, url)
  const cdp = await chat.page.context().newCDPSession(chat.page)
  await chat.page.getByLabel('Your message').focus()
  await cdp.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 })
  await chat.page.keyboard.press('Enter')
  // In Safari, the composition has already ended, and only the key code tells that the key belonged to it.
  await chat.evaluate(`document.querySelector('#prompt').dispatchEvent(
    new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true })
  )`)
  t.equal(await chat.page.locator('article').count(), 0)
  await cdp.send('Input.insertText', { text: '日本' })
  await chat.page.keyboard.press('Enter')
  t.match((await called('日本')).body.messages, [{ content: '日本' }])
})

t.test('a draft survives a reload', async t => {
  const chat = await openChat(t, browser, url)
  await chat.page.getByLabel('Your message').fill('not yet')
  await chat.page.reload()
  t.equal(await chat.page.getByLabel('Your message').inputValue(), 'not yet')
  await chat.press('Send')
  t.match((await called('not yet')).body.messages, [{ content: 'not yet' }])
})

t.test('an empty question is not sent', async t => {
  const chat = await openChat(t, browser, url)
  await chat.ask(' \n ')
  t.equal(await chat.page.locator('article').count(), 0)
  await chat.press('Send')
  t.equal(await chat.page.locator('article').count(), 0)
  t.equal(await focused(chat.page), 'prompt')
})

for (const colorScheme of ['light', 'dark'] as const) {
  t.test(`axe finds nothing in any state of the page, in ${colorScheme}`, async t => {
    const chat = await openChat(t, browser, url, { colorScheme })
    await scan(t, chat, 'the welcome')
    await chat.ask('question')
    const call = await called('question')
    await scan(t, chat, 'while the model thinks')
    call.token(`answer\n${'line\n'.repeat(100)}`)
    await until('the text', async () => (await chat.text()) !== '')
    await scan(t, chat, 'in the middle of an answer')
    await chat.page.mouse.move(500, 300)
    await chat.page.mouse.wheel(0, -500)
    await until('the way back down', () => chat.page.locator('#to-end').isVisible())
    await scan(t, chat, 'away from the end')
    call.finish()
    await chat.isDone()
    await scan(t, chat, 'a complete answer')
    await chat.page.context().setOffline(true)
    await chat.ask('another')
    await chat.says(/no network/)
    await scan(t, chat, 'an answer that has failed')
  })
}

/** Runs all rules of axe, including those of good practice. */
async function scan(t: Test, { page }: Chat, when: string): Promise<void> {
  await page.evaluate(axe.source)
  const { violations, passes } = await page.evaluate<axe.AxeResults>('axe.run()')
  t.strictSame(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(', ')}`),
    [],
    when
  )
  t.ok(passes.length > 20, `${passes.length} rules were passed`)
}

t.test('a screen reader is told of an answer once, when it is complete', async t => {
  const chat = await openChat(t, browser, url)
  const announced = () => chat.evaluate<string[]>('announced')
  await chat.evaluate(`{
    window.announced = []
    const region = document.querySelector('[role=status]')
    new MutationObserver(() => announced.push(region.textContent)).observe(region, { childList: true })
  }`)
  await chat.ask('say it')
  const call = await called('say it')
  for (const token of ['Now', ' you', ' hear', ' me']) {
    call.token(token)
    await until(token, async () => (await chat.text()).endsWith(token))
  }
  t.equal(await chat.page.locator('.answer').getAttribute('aria-busy'), 'true')
  t.strictSame(await announced(), ['Waiting for the answer.'])
  call.finish()
  await until('it is said', async () => (await announced()).length > 1)
  t.strictSame(await announced(), ['Waiting for the answer.', 'Answer: Now you hear me'])

  await chat.ask('say more')
  const second = await called('say more')
  second.token('word '.repeat(1000))
  second.finish()
  await until('it is said', async () => (await announced()).length > 3)
  t.match((await announced())[3], /^Answer: (word ){299}word… The rest is in the conversation\.$/)
  await chat.press('New chat')
  t.strictSame((await announced()).slice(4), ['New chat.'])
  t.equal(await chat.page.locator('[aria-live], [role=log], [role=alert]').count(), 0, 'nothing else speaks')
})

t.test('the end stays in sight until the reader scrolls up, and again when the reader returns to it', async t => {
  const chat = await openChat(t, browser, url)
  const { page } = chat
  const top = () => chat.evaluate<number>('scroller.scrollTop')
  const isAtEnd = () => chat.evaluate<boolean>('scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop < 2')
  await chat.ask('at length')
  const call = await called('at length')
  let last = 0
  /** Lets more lines come than there is room for. */
  const more = async () => {
    last += 40
    call.token(Array.from({ length: 40 }, (_, i) => `${last - 39 + i}\n`).join(''))
    await until('the lines', async () => (await chat.text()).endsWith(`\n${last}\n`))
    await chat.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')
  }
  await more()
  await more()
  t.equal(await isAtEnd(), true)
  t.equal(await page.locator('#to-end').isVisible(), false)

  await page.mouse.move(500, 300)
  await page.mouse.wheel(0, -300)
  await until('the way back down', () => page.locator('#to-end').isVisible())
  let before = await top()
  await until('it has scrolled', async () => {
    const now = await top()
    const isStill = now === before
    before = now
    return isStill
  })
  await more()
  t.equal(await top(), before, 'what is read stays where it is')

  await chat.press('To the end of the conversation')
  t.equal(await isAtEnd(), true)
  await more()
  t.equal(await isAtEnd(), true)

  await page.mouse.wheel(0, -100)
  await until('the way back down', () => page.locator('#to-end').isVisible())
  await page.mouse.wheel(0, 5000)
  await until('it is gone', async () => !(await page.locator('#to-end').isVisible()))
  await more()
  t.equal(await isAtEnd(), true)

  await page.locator('#scroller').focus()
  await page.keyboard.press('Home')
  await until('the top', async () => (await top()) === 0)
  await more()
  t.equal(await top(), 0)
  await chat.page.setViewportSize({ width: 500, height: 500 })
  t.equal(await top(), 0)
  call.finish()
  await chat.isDone()
  await chat.ask('and now?')
  await until('the end is in sight', isAtEnd)
})

t.test('nothing but the caret moves while the text grows', async t => {
  const chat = await openChat(t, browser, url)
  await chat.evaluate(`{
    window.shifts = []
    window.carets = 0
    new PerformanceObserver(list => {
      for (const { sources } of list.getEntries()) {
        for (const { node, currentRect: { width, height } } of sources) {
          if (width < 12 && height < 20) carets++
          else shifts.push(node?.nodeName + ' ' + node?.className)
        }
      }
    }).observe({ type: 'layout-shift' })
  }`)
  await chat.ask('grow')
  const call = await called('grow')
  await until('the question', async () => (await chat.page.locator('article').count()) === 1)
  let text = ''
  for (let i = 0; i < 100; i++) {
    const token = i % 5 === 4 ? ' word\n' : i % 5 === 0 ? 'word' : ' word'
    call.token(token)
    text += token
    if (i % 10 === 9) await chat.shows(text)
  }
  call.finish()
  await chat.isDone()
  await chat.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')
  t.strictSame(await chat.evaluate('shifts'), [])
  t.ok(await chat.evaluate('carets > 0'), 'what moves is seen')
})

for (const width of [320, 390, 1000]) {
  t.test(`the page fits in a window of ${width} pixels`, async t => {
    const chat = await openChat(t, browser, url, { viewport: { width, height: 640 } })
    const beyond = () =>
      chat.evaluate<string[]>(`[...document.querySelectorAll('body *')]
        .filter(e => !e.closest('.unseen, svg') && e.getClientRects().length > 0)
        .filter(e => e.getBoundingClientRect().left < 0 || e.getBoundingClientRect().right > innerWidth)
        .map(e => e.tagName + '.' + e.className)`)
    t.strictSame(await beyond(), [])
    await chat.ask(LONG)
    const call = await called(LONG)
    call.token(`${LONG}\n`)
    await chat.shows(`${LONG}\n`)
    t.strictSame(await beyond(), [])
    call.response.destroy()
    await chat.says(/cannot be reached/)
    t.strictSame(await beyond(), [])
    const composer = await chat.page.locator('#composer').boundingBox()
    await chat.page.getByLabel('Your message').fill('line\n'.repeat(100))
    const grown = await chat.page.locator('#composer').boundingBox()
    t.ok((grown?.height ?? 0) > (composer?.height ?? 0), 'there is room for more than a line')
    t.ok((grown?.height ?? 0) < 320, 'which ends')
    t.strictSame(await beyond(), [])
  })
}

t.test('the policy of the page allows nothing inline, and no text to become markup', async t => {
  const { page, offences } = await visit(t, browser, url)
  await t.rejects(page.evaluate("document.body.innerHTML = '<p>'"), /TrustedHTML/)
  await page.evaluate("document.body.setAttribute('style', 'color: red')")
  await page
    .evaluate("document.head.append(Object.assign(document.createElement('script'), { src: 'data:,' }))")
    .catch(() => {})
  await until('they are reported', () => offences.length >= 2)
  t.match(offences.join(), /require-trusted-types-for/)
  t.match(offences.join(), /style-src-attr inline/)
})

t.test('the API documentation works under the same strict policy', async t => {
  const { page, offences } = await visit(t, browser, `${url}/docs/`)
  await page.locator('.opblock').first().waitFor()
  for (const operation of await page.locator('.opblock-summary-control').all()) await operation.click()
  await page.locator('.try-out__btn').first().click()
  await page.locator('[data-param-name=prompt] input').fill('hi')
  await page.locator('.execute').first().click()
  const call = await called('hi')
  call.token('documented')
  call.finish()
  await page.getByText('data: documented').waitFor()
  t.strictSame(offences, [])
  await page.evaluate("document.body.setAttribute('style', 'color: red')")
  await until('an offence is reported', () => offences.length === 1)
})

t.test('a reader who prefers reduced motion gets none', async t => {
  const chat = await openChat(t, browser, url, { reducedMotion: 'reduce' })
  await chat.ask('calmly')
  await called('calmly')
  t.equal(await chat.evaluate('document.getAnimations({ subtree: true }).length'), 0)
  await chat.page.emulateMedia({ reducedMotion: 'no-preference' })
  await until('the caret', () => chat.evaluate('document.getAnimations().length === 1'))
})

t.test('a browser without storage can be used', async t => {
  const { page } = await visit(t, browser, url)
  await page.addInitScript("Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('no') } })")
  await page.reload()
  await page.getByLabel('Your message').fill('hi')
  await page.getByLabel('Your message').press('Enter')
  const call = await called('hi')
  call.token('hello')
  call.finish()
  await until('the answer', async () => (await page.locator('.text').textContent()) === 'hello')
  await page.locator('#notice', { hasText: 'will not survive' }).waitFor()
})
