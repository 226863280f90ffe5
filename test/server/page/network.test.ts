import t from 'tap'
import { startApp } from '../../helpers/app-process.js'
import { beginAnswer, Chat, openChat } from '../../helpers/chat.js'
import { startChromium, visit } from '../../helpers/chromium.js'
import { freePort } from '../../helpers/free-port.js'
import { openAiServer, type ProviderCall } from '../../helpers/openai-server.js'
import { tcpProxy } from '../../helpers/tcp-proxy.js'
import { until } from '../../helpers/until.js'

t.setTimeout(240_000)

const browser = await startChromium(t)
let answer: (call: ProviderCall) => unknown = () => {}
const provider = await openAiServer(t, call => answer(call))
const { url } = await startApp(t, { OPENAI_BASE_URL: provider.url })
const proxy = await tcpProxy(t, Number(new URL(url).port))
const proxied = `http://127.0.0.1:${proxy.port}/`

t.beforeEach(() => {
  provider.calls.length = 0
  answer = () => {}
})

/** Presses the button that ends a wait, if there is one. */
const TRY_NOW = `[...document.querySelectorAll('.again')].find(({ textContent }) => textContent === 'Try now')?.click()`

/** Takes the network from a page, and cuts its connections. */
async function unplug({ page }: Chat): Promise<void> {
  await page.context().setOffline(true)
  proxy.reset()
}

t.test('a reload in the middle of an answer continues it', async t => {
  const chat = await openChat(t, browser, url)
  const call = await beginAnswer(chat, provider, 'tell me', 'Once')
  for (const token of [' upon', ' a', ' time']) {
    await chat.page.reload()
    t.match(await chat.text(), /^Once/, 'what there was is there at once')
    call.token(token)
    await until(token, async () => (await chat.text()).endsWith(token))
  }
  call.finish()
  await chat.isDone()
  t.equal(await chat.text(), 'Once upon a time')
  t.equal(await chat.figure('reconnects'), '3')
  t.equal(provider.calls.length, 1)

  const figures = await chat.page.locator('.measures').textContent()
  await chat.page.reload()
  t.equal(await chat.text(), 'Once upon a time')
  t.equal(await chat.page.locator('.measures').textContent(), figures)
  t.equal(await chat.isBusy(), false)
  t.equal(provider.calls.length, 1)
})

t.test('a reload before the first token continues the same answer', async t => {
  const chat = await openChat(t, browser, url)
  await chat.ask('think')
  const call = await provider.next()
  await until('the stream has a name', () => chat.evaluate('sessionStorage.chat?.includes("streamId")'))
  await chat.page.reload()
  call.token('thought')
  call.finish()
  await chat.isDone()
  t.equal(await chat.text(), 'thought')
  t.equal(provider.calls.length, 1)
})

t.test('a duplicated tab follows the same answer, and stops it for both', async t => {
  const chat = await openChat(t, browser, url)
  const call = await beginAnswer(chat, provider, 'both', 'to two')
  await until('it is kept', () => chat.evaluate('sessionStorage.chat?.includes("to two")'))
  const opened = chat.page.waitForEvent('popup')
  await chat.evaluate("void open('/')")
  const other = new Chat(await opened, [])
  t.equal(await other.text(), 'to two')
  await other.press('Stop the answer')
  await chat.says(/^Stopped\.$/)
  await until('the provider is left', () => call.closed)
  t.equal(provider.calls.length, 1)
})

t.test('a lost connection is tried again automatically', async t => {
  const chat = await openChat(t, browser, proxied)
  const call = await beginAnswer(chat, provider, 'hold on', 'before')
  proxy.reset()
  call.token(' and after')
  await chat.shows('before and after')
  call.finish()
  await chat.isDone()
  t.equal(await chat.figure('reconnects'), '1')
  t.equal(provider.calls.length, 1)
})

t.test('an answer continues when the network is back, even after the page gave up', async t => {
  const chat = await openChat(t, browser, proxied)
  const { page } = chat
  const call = await beginAnswer(chat, provider, 'wait for me', 'on')
  await unplug(chat)
  await chat.says(/^The server cannot be reached: there is no network\. Trying again/)
  t.match(await page.getByRole('status').textContent(), /there is no network\. Trying again\.$/)
  await page.getByRole('button', { name: 'Try now' }).focus()
  call.token(', off')
  t.equal(await chat.text(), 'on')
  await page.context().setOffline(false)
  await chat.shows('on, off')
  t.equal(await chat.words(), '')
  t.equal(await chat.evaluate('document.activeElement.id'), 'prompt', 'the focus is not lost with the button')

  await unplug(chat)
  await chat.says(/^The server cannot be reached: there is no network\. Trying again/)
  await until('it gives up', async () => {
    await chat.evaluate(TRY_NOW)
    return (await chat.words()) === 'The server cannot be reached: there is no network.'
  })
  t.equal(await page.getByRole('button', { name: 'Continue' }).isVisible(), true)
  call.token(', on again')
  await page.context().setOffline(false)
  await chat.shows('on, off, on again')
  t.equal(await chat.words(), '')
  call.finish()
  await chat.isDone()
  t.equal(await chat.figure('reconnects'), '2')
  t.equal(provider.calls.length, 1)
})

t.test('an answer continues after a sleep in which its connection died silently', async t => {
  const chat = await openChat(t, browser, proxied)
  await chat.page.clock.install()
  await chat.page.reload({ waitUntil: 'networkidle' })
  // A connection that is kept for later would be used first, and be as dead.
  proxy.reset()
  const call = await beginAnswer(chat, provider, 'good night', 'asleep')
  proxy.forget()
  call.token(', awake')
  await chat.page.clock.fastForward('10:00')
  await chat.shows('asleep, awake')
  call.finish()
  await chat.isDone()
  t.equal(await chat.figure('reconnects'), '1')
  t.match(await chat.figure('longest'), /^longest 6\d\d\.\d\d s$/, 'the sleep was a pause')
  t.equal(provider.calls.length, 1)
})

t.test('a question that cannot be asked without a network is asked when there is one', async t => {
  const chat = await openChat(t, browser, url)
  await chat.page.context().setOffline(true)
  await chat.ask('is anybody there?')
  await chat.says(/^The server cannot be reached: there is no network\.$/)
  await chat.page.context().setOffline(false)
  const call = await provider.next()
  call.token('yes')
  call.finish()
  await chat.isDone()
  t.equal(await chat.text(), 'yes')
})

t.test('the page says so if the server cannot be told to stop', async t => {
  const chat = await openChat(t, browser, proxied)
  await beginAnswer(chat, provider, 'stop', 'unstoppable')
  await unplug(chat)
  await chat.says(/^The server cannot be reached: there is no network/)
  await chat.press('Stop the answer')
  await chat.says(/^Stopped\.$/)
  await chat.page.locator('#notice', { hasText: 'could not be told' }).waitFor()
})

t.test('a restarted server has lost the answer, and can be asked again', async t => {
  const port = String(await freePort())
  const variables = { OPENAI_BASE_URL: provider.url, PORT: port }
  const app = await startApp(t, variables)
  const chat = await openChat(t, browser, app.url)
  const call = await beginAnswer(chat, provider, 'survive', 'half')
  app.child.kill('SIGKILL')
  await app.exit()
  await chat.says(/^The server cannot be reached\. Trying again/)
  await startApp(t, variables)
  await chat.evaluate(TRY_NOW)
  await chat.says(/^The server no longer has this answer\. It was restarted/)
  t.equal(await chat.text(), 'half', 'what there was is still there')
  await chat.press('Try again')
  const second = await provider.next()
  t.strictSame(second.body.messages, call.body.messages)
  second.token('whole')
  second.finish()
  await chat.isDone()
  t.equal(await chat.text(), 'whole')
  t.equal(await chat.words(), '')
})

t.test('an overloaded provider is asked again when it allows it, or when the reader wants it', async t => {
  const chat = await openChat(t, browser, url)
  answer = ({ response }) => {
    response.writeHead(429, { 'retry-after': '9' })
    response.end('{}')
    answer = call => {
      call.token('at last')
      call.finish()
    }
  }
  await chat.ask('now?')
  await chat.says(/^The model is overloaded\. It asks you to wait 9 s\. Trying again in \d+ s\.$/)
  await chat.press('Try now')
  await chat.isDone()
  t.equal(await chat.text(), 'at last')
  t.equal(provider.calls.length, 2)
})

t.test('a provider that asks for a long wait is asked again by the reader', async t => {
  const chat = await openChat(t, browser, url)
  answer = ({ response }) => {
    response.writeHead(429, { 'retry-after': '600' })
    response.end('{}')
  }
  await chat.ask('now?')
  await chat.says(/^The model is overloaded\. It asks you to wait 10 minutes\.$/)
  t.equal(await chat.isBusy(), false)
  answer = call => {
    call.token('now')
    call.finish()
  }
  await chat.press('Try again')
  await chat.shows('now')
  t.strictSame(provider.calls[0]?.body.messages, provider.calls[1]?.body.messages)
})

t.test('a failure of the provider is explained', async t => {
  const failures: [RegExp, (call: ProviderCall) => unknown][] = [
    [/^The model cannot be reached, or its answer broke off\.$/, ({ response }) => response.destroy()],
    [/^The model provider answered with status 401: it does not accept the key of this server\.$/, status(401)],
    [/^The server failed \(status 500\)\.$/, status(500)],
    [
      /^The model cannot be reached, or its answer broke off\.$/,
      call => {
        call.token('half')
        setTimeout(() => call.response.destroy(), 100)
      }
    ]
  ]
  const chat = await openChat(t, browser, url)
  for (const [words, fail] of failures) {
    answer = fail
    await chat.ask('well?')
    await until(`the words ${words}`, async () => !(await chat.isBusy()))
    t.match(await chat.words(), words)
    t.equal(await chat.page.getByRole('button', { name: 'Try again' }).count(), 1, 'only for the last question')
  }
  answer = call => {
    call.token('whole')
    call.finish()
  }
  await chat.press('Try again')
  await chat.shows('whole')
  t.strictSame(
    provider.calls.at(-1)?.body.messages,
    [{ role: 'user', content: 'well?' }],
    'questions that have failed are not sent again'
  )
})

function status(code: number) {
  return ({ response }: ProviderCall) => {
    response.writeHead(code)
    response.end('{}')
  }
}

t.test('EventSource gets the events, and its reconnect after the end calls no model', async t => {
  const { page } = await visit(t, browser, url)
  answer = call => {
    call.token('Hello')
    call.token(' again')
    call.finish()
  }
  const statuses: number[] = []
  page.on('response', response => {
    if (response.url().includes('/stream')) statuses.push(response.status())
  })
  await page.evaluate(`{
    window.events = []
    window.source = new EventSource('/stream?prompt=hi')
    source.onmessage = ({ data }) => events.push(data)
    source.addEventListener('done', ({ data }) => events.push(JSON.parse(data).finishReason))
  }`)
  await until('EventSource gives up', () => page.evaluate('source.readyState === EventSource.CLOSED'))
  t.strictSame(await page.evaluate('events'), ['Hello', ' again', 'stop'])
  t.strictSame(statuses, [200, 204])
  t.equal(provider.calls.length, 1)
})

t.test('EventSource comes back to the same answer after a lost connection', async t => {
  const { page } = await visit(t, browser, proxied)
  await page.evaluate(`{
    window.events = []
    window.source = new EventSource('/stream?prompt=hi')
    source.onmessage = ({ data }) => events.push(data)
  }`)
  const call = await provider.next()
  call.token('before')
  await until('the first', () => page.evaluate('events.length === 1'))
  proxy.reset()
  call.token('after')
  call.finish()
  await until('EventSource gives up', () => page.evaluate('source.readyState === EventSource.CLOSED'))
  t.strictSame(await page.evaluate('events'), ['before', 'after'])
  t.equal(provider.calls.length, 1)
})
