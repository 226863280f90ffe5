import t from 'tap'
import { startApp } from '../../helpers/app-process.js'
import { beginAnswer, type Chat, openChat } from '../../helpers/chat.js'
import { startChromium } from '../../helpers/chromium.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { until } from '../../helpers/until.js'

t.setTimeout(240_000)

const browser = await startChromium(t)
const provider = await openAiServer(t, () => {})
const { url } = await startApp(t, { OPENAI_BASE_URL: provider.url })

t.test('tokens appear one by one, as they arrive', async t => {
  const chat = await openChat(t, browser, url)
  await chat.ask('  How are you? ')
  const call = await provider.next()
  t.strictSame(call.body.messages, [{ role: 'user', content: 'How are you?' }])
  t.equal(await chat.page.locator('.prompt').textContent(), 'How are you?')
  t.equal(await chat.isBusy(), true)
  let text = ''
  for (const token of ['I', ' am', '\n\n  ', 'fine', ' 👋🏽']) {
    call.token(token)
    text += token
    await chat.shows(text)
  }
  call.finish()
  await chat.isDone()
  t.equal(await chat.text(), text)
  t.equal(await chat.words(), '')
})

t.test('the measures are shown', async t => {
  const chat = await openChat(t, browser, url)
  await chat.ask('measure')
  const call = await provider.next()
  t.equal(await chat.figure('first-token'), '–')
  for (const token of ['one', ' two', ' three']) {
    call.token(token)
    await until(token, async () => (await chat.text()).includes(token))
  }
  call.finish()
  await chat.isDone()
  t.match(await chat.figure('first-token'), /^\d+ ms$|^\d+\.\d\d s$/)
  t.match(await chat.figure('tokens-per-second'), /^\d+(\.\d)?$/)
  t.equal(await chat.figure('reconnects'), '0')
  t.match(await chat.figure('longest'), /^longest \d/)
  t.equal(await chat.page.locator('.measures').isVisible(), false, 'they are folded')
  await chat.page.getByText('Timing', { exact: true }).click()
  const plot = chat.page.getByRole('img', { name: /^longest \d/ })
  t.equal((await plot.locator('path').getAttribute('d'))?.match(/M/g)?.length, 2, 'two gaps are between three tokens')
})

t.test('the conversation is sent with a question, and a new chat begins without it', async t => {
  const chat = await openChat(t, browser, url)
  for (const [question, answer] of [
    ['first', 'one'],
    ['second', 'two']
  ] as const) {
    await chat.ask(question)
    const call = await provider.next()
    call.token(answer)
    call.finish()
    await chat.isDone()
  }
  t.strictSame(provider.calls.at(-1)?.body.messages, [
    { role: 'user', content: 'first' },
    { role: 'assistant', content: 'one' },
    { role: 'user', content: 'second' }
  ])
  await chat.press('New chat')
  t.equal(await chat.page.locator('article').count(), 0)
  t.equal(await chat.page.locator('#welcome').isVisible(), true)
  await chat.page.locator('#welcome button').first().click()
  t.match((await provider.next()).body.messages, { length: 1 })
})

t.test('stopping an answer stops its source', async t => {
  const chat = await openChat(t, browser, url)
  for (const stop of [() => chat.press('Stop the answer'), () => chat.page.keyboard.press('Escape')]) {
    const call = await beginAnswer(chat, provider, 'stop me', 'half an')
    await stop()
    await until('the provider is left', () => call.closed)
    await chat.isDone()
    t.equal(await chat.words(), 'Stopped.')
    t.equal(await chat.text(), 'half an')
  }
  await chat.press('Ask again')
  const call = await provider.next()
  t.strictSame(call.body.messages, provider.calls.at(-2)?.body.messages)
  call.token('all of it')
  call.finish()
  await chat.isDone()
  t.equal(await chat.text(), 'all of it')
})

t.test('an answer can be stopped before its first token', async t => {
  const chat = await openChat(t, browser, url)
  await chat.ask('stop at once')
  const call = await provider.next()
  await chat.press('Stop the answer')
  await until('the provider is left', () => call.closed)
  await chat.says(/^Stopped\.$/)
})

t.test('a double click on the send button does not stop the answer', async t => {
  const chat = await openChat(t, browser, url)
  await chat.page.getByLabel('Your message').fill('twice')
  await chat.page.locator('#send').dblclick()
  const call = await provider.next()
  call.token('once')
  await chat.shows('once')
  call.finish()
  await chat.isDone()
  t.equal(await chat.words(), '')
})

t.test('a new chat stops the answer of the old one', async t => {
  const chat = await openChat(t, browser, url)
  const call = await beginAnswer(chat, provider, 'leave me', 'never ending')
  await chat.press('New chat')
  await until('the provider is left', () => call.closed)
  t.equal(await chat.page.locator('article').count(), 0)
  await chat.ask('afresh')
  t.match((await provider.next()).body.messages, [{ content: 'afresh' }])
})

t.test('the output of a model is shown as text, even if it looks like markup', async t => {
  const chat = await openChat(t, browser, url)
  const requested: string[] = []
  chat.page.on('request', request => requested.push(new URL(request.url()).pathname))
  const html =
    '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>\n&lt;b&gt; <b>x</b>'
  await chat.ask(html)
  const call = await provider.next()
  for (const token of html.match(/[\s\S]{1,7}/g) ?? []) call.token(token)
  call.finish()
  await chat.isDone()
  t.equal(await chat.text(), html)
  t.equal(await chat.page.locator('.prompt').textContent(), html)
  t.equal(await chat.page.locator('article :is(img, script, b)').count(), 0)
  t.equal(await chat.page.title(), 'fastify-sse-from')
  t.strictSame(
    requested.filter(path => path !== '/icon.svg'),
    ['/stream']
  )
})

t.test('an answer of 10,000 tokens is complete, in few nodes, with its end in sight', async t => {
  const chat = await openChat(t, browser, url)
  await chat.evaluate(`{
    window.tasks = []
    new PerformanceObserver(list => tasks.push(...list.getEntries().map(entry => entry.duration)))
      .observe({ type: 'longtask', buffered: true })
  }`)
  await chat.ask('at length')
  const call = await provider.next()
  let text = ''
  for (let i = 0; i < 10_000; i++) {
    const token = i % 97 === 0 ? '\n' : i % 503 === 0 ? ' 👩🏽‍🚀' : ` word${i}`
    text += token
    call.token(token)
    // A few thousand a second, with a frame in between.
    if (i % 50 === 0) await new Promise(resolve => setTimeout(resolve, 10))
  }
  call.finish()
  await chat.isDone()
  // Markdown drops the space at the start of a line.
  const shown = text.replace(/(\S)\n /g, '$1\n')
  t.equal(await chat.text(), shown)
  const nodes = await chat.evaluate<number>(`{
    const walker = document.createTreeWalker(document.querySelector('.text'))
    let nodes = 0
    while (walker.nextNode()) nodes++
    nodes
  }`)
  t.ok(nodes < text.length / 250, `${nodes} nodes have ${text.length} characters`)
  const bars = (await chat.page.locator('.gaps path').getAttribute('d'))?.match(/M/g)?.length ?? 0
  t.ok(bars > 40 && bars <= 96, `${bars} bars`)
  await until('the end is in sight', () => isAtEnd(chat))
  t.equal(await chat.page.locator('#to-end').isVisible(), false)
  const tasks = await chat.evaluate<number[]>('tasks')
  t.comment(`${tasks.length} tasks of more than 50 ms, the longest ${Math.round(Math.max(0, ...tasks))} ms`)

  // The text is whole after a reload, too, and on the clipboard.
  await chat.page.reload()
  t.equal(await chat.text(), shown)
  await until('the end is in sight', () => isAtEnd(chat))
  await chat.page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await chat.press('Copy')
  t.equal(await chat.evaluate('navigator.clipboard.readText()'), text)
})

function isAtEnd(chat: Chat): Promise<boolean> {
  return chat.evaluate('scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop < 2')
}

/** What a model that wants a tool says. */
const CALL = { tool_calls: [{ index: 0, id: '1', function: { name: 'tool', arguments: '{}' } }] }

t.test('the page says why a model stopped early', async t => {
  const chat = await openChat(t, browser, url)
  const reasons: Record<string, RegExp> = {
    length: /^The model reached its token limit/,
    content_filter: /^A content filter/,
    tool_calls: /^The model asks for the result of a tool/
  }
  for (const [reason, words] of Object.entries(reasons)) {
    await chat.ask('at length')
    const call = await provider.next()
    call.token('and so on, and so')
    if (reason === 'tool_calls') call.write(`data: ${JSON.stringify({ choices: [{ delta: CALL }] })}\n\n`)
    call.finish(reason)
    await chat.says(words)
    t.equal(await chat.text(), 'and so on, and so')
  }
})
