import { gzipSync } from 'node:zlib'
import axe from 'axe-core'
import t, { type Test } from 'tap'
import { startApp } from '../../helpers/app-process.js'
import { beginAnswer, type Chat, openChat } from '../../helpers/chat.js'
import { startChromium } from '../../helpers/chromium.js'
import { openAiServer, type ProviderCall } from '../../helpers/openai-server.js'
import { until } from '../../helpers/until.js'

t.setTimeout(240_000)

const browser = await startChromium(t)
let answer: (call: ProviderCall) => unknown = () => {}
const provider = await openAiServer(t, call => answer(call))
const { url } = await startApp(t, { OPENAI_BASE_URL: provider.url, OPENAI_MODEL: 'small, large' })

t.beforeEach(() => {
  provider.calls.length = 0
  answer = () => {}
})

/** Answers every question with its last message. */
function echo(call: ProviderCall): void {
  const { content } = call.body.messages.at(-1) as { content: string }
  call.token(`You said **${content}**.`)
  call.finish()
}

/** What the model was asked last. */
const asked = () => provider.calls.at(-1)?.body.messages

async function ask(chat: Chat, ...prompts: string[]): Promise<void> {
  for (const prompt of prompts) {
    const before = provider.calls.length
    await chat.ask(prompt)
    await until('it is asked', () => provider.calls.length > before)
    await chat.isDone()
  }
}

t.test('an answer can be asked for once more', async t => {
  const chat = await openChat(t, browser, url)
  answer = echo
  await ask(chat, 'one', 'two')
  t.equal(await chat.page.locator('.regenerate:visible').count(), 1, 'only the last')
  const before = asked()
  answer = call => {
    call.token('another')
    call.finish()
  }
  await chat.press('Regenerate')
  await chat.shows('another')
  t.strictSame(asked(), before)
  t.equal(await chat.page.locator('article').count(), 2)
  t.equal(await chat.evaluate('document.activeElement.id'), 'prompt')
})

t.test('a question can be changed and asked again, and the old conversation is kept', async t => {
  const chat = await openChat(t, browser, url)
  const { page } = chat
  answer = echo
  await ask(chat, 'one', 'two', 'three')
  const edit = page.getByRole('button', { name: 'Edit the question' })
  await edit.nth(1).click()
  t.equal(await page.locator('.is-editing textarea').inputValue(), 'two')
  t.equal(await chat.evaluate('document.activeElement.tagName'), 'TEXTAREA')
  await page.keyboard.press('Escape')
  t.equal(await page.locator('.prompt').nth(1).isVisible(), true)
  t.match(await chat.evaluate('document.activeElement.className'), 'edit')
  await edit.nth(1).click()
  await page.locator('.is-editing textarea').fill('deux')
  await page.keyboard.press('Enter')
  await chat.shows('You said deux.')
  t.strictSame(asked(), [
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'You said **one**.' },
    { role: 'user', content: 'deux' }
  ])
  t.strictSame(await page.locator('.prompt').allTextContents(), ['one', 'deux'])
  await page.getByRole('button', { name: 'Conversations' }).click()
  await page.getByRole('button', { name: 'one (before the change)', exact: true }).click()
  await until('the old one', async () => (await page.locator('article').count()) === 3)
  t.strictSame(await page.locator('.prompt').allTextContents(), ['one', 'two', 'three'])
})

t.test('a question that is changed while it is answered stops that answer', async t => {
  const chat = await openChat(t, browser, url)
  const call = await beginAnswer(chat, provider, 'wrong', 'Well')
  await chat.page.getByRole('button', { name: 'Edit the question' }).click()
  await chat.page.locator('.is-editing textarea').fill('right')
  await chat.press('Ask this instead')
  await until('the provider is left', () => call.closed)
  const second = await provider.next()
  t.match(second.body.messages, [{ content: 'right' }])
  second.token('Right.')
  second.finish()
  await chat.shows('Right.')
})

t.test('an answer that was stopped or cut off is continued where it ended', async t => {
  const chat = await openChat(t, browser, url)
  await chat.ask('count')
  const call = await provider.next()
  call.token('One, **two')
  await chat.shows('One, two')
  await chat.press('Stop the answer')
  await until('the provider is left', () => call.closed)
  await chat.says(/^Stopped\.$/)
  await chat.press('Continue')
  const second = await provider.next()
  t.match(second.body.messages, [
    { role: 'user', content: 'count' },
    { role: 'assistant', content: 'One, **two' },
    { role: 'user', content: /^Continue your answer exactly where it ends/ }
  ])
  t.equal(await chat.text(), 'One, two', 'what there is stays')
  second.token('**, three')
  await chat.shows('One, two, three')
  await chat.page.reload()
  second.token(', four')
  second.finish('length')
  await chat.says(/token limit/)
  t.equal(await chat.text(), 'One, two, three, four')
  await chat.press('Continue')
  const third = await provider.next()
  t.match(third.body.messages, [{}, { content: 'One, **two**, three, four' }, {}])
  third.token(', five')
  await chat.shows('One, two, three, four, five')
  third.response.destroy()
  await chat.says(/broke off/)
  await chat.press('Continue')
  const fourth = await provider.next()
  fourth.token('.')
  fourth.finish()
  await chat.isDone()
  t.equal(await chat.text(), 'One, two, three, four, five.')
  t.equal(await chat.words(), '')
})

t.test('up and down go through the questions', async t => {
  const chat = await openChat(t, browser, url)
  answer = echo
  await ask(chat, 'first', 'second\nof two lines')
  const field = chat.page.getByLabel('Your message')
  const press = async (key: string) => {
    await chat.page.keyboard.press(key)
    return field.inputValue()
  }
  await field.focus()
  t.equal(await press('ArrowDown'), '')
  t.equal(await press('ArrowUp'), 'second\nof two lines')
  t.equal(await press('ArrowUp'), 'second\nof two lines', 'the cursor goes up a line first')
  await chat.page.keyboard.press('Control+Home')
  t.equal(await press('ArrowUp'), 'first')
  t.equal(await press('ArrowUp'), 'first')
  t.equal(await press('ArrowDown'), 'second\nof two lines')
  t.equal(await press('ArrowDown'), '')
  await field.fill('my own')
  t.equal(await press('ArrowUp'), 'my own', 'what is being written is not replaced')
})

t.test('a busy server does not keep the reader from the next question', async t => {
  const chat = await openChat(t, browser, url)
  const refuse = ({ response }: ProviderCall) => {
    response.writeHead(429, { 'retry-after': '9' })
    response.end('{}')
  }
  answer = refuse
  await chat.ask('now?')
  await chat.says(/^The model is overloaded\. .* Trying again in \d+ s\.$/)
  t.equal(await chat.page.getByRole('button', { name: 'Send' }).isVisible(), true)
  answer = echo
  await chat.ask('then this')
  await chat.shows('You said then this.')
  t.strictSame(asked(), [{ role: 'user', content: 'then this' }], 'the one that failed is not glued to it')
  t.equal(provider.calls.length, 2)
  t.match(await chat.page.locator('.words').first().textContent(), /^The model is overloaded/)
  answer = refuse
  await chat.ask('again?')
  await chat.says(/Trying again in \d+ s\.$/)
  await chat.press('Cancel')
  await chat.says(/^The model is overloaded\. It asks you to wait 9 s\.$/)
  t.equal(await chat.isBusy(), false)
  t.equal(await chat.page.getByRole('button', { name: 'Try again' }).isVisible(), true)
})

t.test('a question that was asked without a network is asked when there is one', async t => {
  const chat = await openChat(t, browser, url)
  answer = echo
  await chat.page.context().setOffline(true)
  await chat.ask('anybody?')
  await chat.says(/there is no network/)
  await chat.page.context().setOffline(false)
  await chat.shows('You said anybody?.')
  t.equal(provider.calls.length, 1)
})

t.test('the reader chooses the model, the temperature and the length', async t => {
  const chat = await openChat(t, browser, url)
  const { page } = chat
  answer = echo
  await ask(chat, 'first')
  t.match(provider.calls[0]?.body, { model: 'small' })
  t.notOk('temperature' in (provider.calls[0]?.body ?? {}))
  const button = page.getByRole('button', { name: 'Model and settings' })
  t.match(await button.textContent(), /small/)
  await button.click()
  await page.getByLabel('Model', { exact: true }).selectOption('large')
  await page.getByLabel('Temperature').fill('0.3')
  await page.getByLabel('Longest answer').fill('55')
  await page.keyboard.press('Enter')
  t.equal(await page.locator('#settings').isVisible(), false)
  t.match(await button.textContent(), /large/)
  await ask(chat, 'second')
  t.match(provider.calls[1]?.body, { model: 'large', temperature: 0.3 })
  t.match(JSON.stringify(provider.calls[1]?.body), /"max_(completion_)?tokens":55/)
  await page.reload()
  await until('the choice', async () => /large/.test((await button.textContent()) ?? ''))
  await button.click()
  t.equal(await page.getByLabel('Temperature').inputValue(), '0.3')
  await page.getByLabel('Temperature').fill('9')
  await page.getByLabel('Longest answer').fill('')
  await page.keyboard.press('Escape')
  await ask(chat, 'third')
  t.notMatch(JSON.stringify(provider.calls[2]?.body), /temperature|max_/, 'what a field does not take is not sent')
})

const RICH = `# One

### Three

- [x] a [link](https://example.com) and \`code\`

| a | b |
|---|---|
| ${'wide '.repeat(60)} | $x$ |

\`\`\`js
let a = '${'long'.repeat(60)}'
\`\`\`

> quote

## Two

***
`

for (const [colorScheme, width] of [
  ['light', 1000],
  ['dark', 390]
] as const) {
  t.test(`axe finds nothing in the new states, in ${colorScheme}, ${width} pixels wide`, async t => {
    const chat = await openChat(t, browser, url, { colorScheme, viewport: { width, height: 700 } })
    const { page } = chat
    await page.emulateMedia({ reducedMotion: 'reduce' })
    const call = await beginAnswer(chat, provider, 'rich', 'x')
    call.token(`\n\n${RICH}`)
    await page.locator('.text hr').waitFor()
    await scan(t, chat, 'Markdown while it arrives')
    call.finish('length')
    await chat.says(/token limit/)
    await page.getByText('Timing', { exact: true }).click()
    await scan(t, chat, 'Markdown, with its timing')
    t.equal(
      await chat.evaluate(
        "[...document.querySelectorAll('article *')].some(e => getComputedStyle(e).position === 'sticky')"
      ),
      false,
      'nothing is sticky'
    )
    t.equal(await chat.evaluate('document.documentElement.scrollWidth <= innerWidth'), true)
    await page.getByRole('button', { name: 'Edit the question' }).click()
    await scan(t, chat, 'a question that is being changed')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Model and settings' }).click()
    await scan(t, chat, 'the settings')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Conversations' }).click()
    await scan(t, chat, 'the conversations')
    await page.getByRole('button', { name: 'Rename “rich”' }).click()
    await scan(t, chat, 'a conversation that is being renamed')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Delete “rich”' }).click()
    await page.getByRole('button', { name: 'Undo' }).waitFor()
    await scan(t, chat, 'a conversation that was deleted')
  })
}

/** Runs all rules of axe, including those of good practice. */
async function scan(t: Test, { page }: Chat, when: string): Promise<void> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<axe.AxeResults>('axe.run()')
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(', ')}`)
  t.strictSame(found, [], when)
}

t.test('the script of the page is small, and it has one style sheet', async t => {
  const page = await (await fetch(url)).text()
  t.equal(page.match(/<script/g)?.length, 1)
  t.equal(page.match(/rel="stylesheet"/g)?.length, 1)
  const script = Buffer.from(await (await fetch(`${url}/main.js`)).arrayBuffer())
  const size = gzipSync(script, { level: 9 }).length
  t.comment(`${size} bytes`)
  t.ok(size < 60_000, `${size} bytes, compressed`)
  t.notMatch(await (await fetch(`${url}/style.css`)).text(), '@import')
})
