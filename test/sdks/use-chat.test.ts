import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai'
import t, { type Test } from 'tap'
import { fetchAll } from '../helpers/client.js'
import { openAiWire } from '../helpers/openai-server.js'
import { type ProviderCall, providerServer } from '../helpers/provider-server.js'
import { serve } from '../helpers/server.js'
import { until } from '../helpers/until.js'

const provider = await providerServer(t, openAiWire)
Object.assign(process.env, { OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'key' })
const { default: routes } = await import('../../examples/sdks/use-chat.js')

const question: UIMessage = { id: '1', role: 'user', parts: [{ type: 'text', text: 'hi' }] }

t.test('takes its answer up where the page is loaded again in the middle', async t => {
  const { page, call, asked } = await ask(t)
  call.token('first ')
  t.equal(await page.next(), 'first ')
  page.leave()
  const again = await page.reload()
  t.equal(await again?.next(), 'first ')
  call.token('second')
  t.equal(await again?.next(), 'first second')
  call.finish()
  t.equal(await again?.next(), undefined)
  t.equal(asked(), 1, 'the model is asked once')
  t.equal(await page.reload(), undefined, 'there is nothing to take up after the end')
})

t.test('stops its model when the page asks for it', async t => {
  const { page, call, stop } = await ask(t)
  call.token('first ')
  t.equal(await page.next(), 'first ')
  t.equal(await stop(), 204)
  await until('the call of the model is closed', () => call.closed)
  t.equal(await page.next(), undefined)
  t.equal(await stop(), 404, 'there is nothing to stop any more')
})

for (const [what, fail, message] of [
  ['the model fails', call => call.fail(), 'Internal Server Error'],
  ['the answer of the model is cut off', call => call.response.end(), 'Bad Gateway']
] as [string, (call: ProviderCall) => void, string][]) {
  t.test(`is told where ${what}, and has nothing to take up`, async t => {
    const { page, call } = await ask(t)
    call.token('first ')
    t.equal(await page.next(), 'first ')
    fail(call)
    await t.rejects(page.next(), { message })
    t.equal(await page.reload(), undefined)
  })
}

t.test('a request without messages is a 400, and the model is not asked', async t => {
  const { url } = await serve(t, app => app.register(routes))
  const before = provider.calls.length
  for (const body of [{}, { id: 'chat' }, { id: 'chat', messages: [] }]) {
    t.equal((await fetchAll(`${url}/api/chat`, { body })).status, 400)
  }
  t.equal(provider.calls.length, before)
})

/** A page with a chat, whose question the model is about to answer. */
async function ask(t: Test) {
  const { url } = await serve(t, app => app.register(routes))
  const before = provider.calls.length
  const transport = new DefaultChatTransport({ api: `${url}/api/chat` })
  const leaving = new AbortController()
  const asked = () => provider.calls.length - before
  const sent = transport.sendMessages({
    trigger: 'submit-message',
    chatId: 'chat',
    messageId: undefined,
    messages: [question],
    abortSignal: leaving.signal
  })
  const call = await provider.next()
  call.start()
  const page = {
    ...textsOf(await sent),
    leave: () => leaving.abort(),
    reload: async () => {
      const stream = await transport.reconnectToStream({ chatId: 'chat' })
      return stream === null ? undefined : textsOf(stream)
    }
  }
  const stop = async () => (await fetch(`${url}/api/chat/chat/stream`, { method: 'DELETE' })).status
  return { page, call, asked, stop }
}

/** What the page shows of an answer, each time that this grows; `undefined` at its end. */
function textsOf(stream: Parameters<typeof readUIMessageStream>[0]['stream']) {
  const messages = readUIMessageStream({ stream, terminateOnError: true })[Symbol.asyncIterator]()
  let shown = ''
  return {
    next: async () => {
      for (;;) {
        const { value, done } = await messages.next()
        if (done) return undefined
        const text = value.parts.map(part => (part.type === 'text' ? part.text : '')).join('')
        if (text !== shown) {
          shown = text
          return text
        }
      }
    }
  }
}
