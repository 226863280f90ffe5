import * as newest from '@newest/ai'
import * as ai from 'ai'
import t, { type Test } from 'tap'
import { type ActiveStreams, type ChatRoutesOptions, chatRoutes, type Generate } from '../../../routes/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { Steps } from '../../helpers/steps.js'
import { until } from '../../helpers/until.js'

/** The AI SDK in both majors: what `useChat` reads its answers with. */
const sdks: Record<string, Pick<typeof ai, 'DefaultChatTransport' | 'readUIMessageStream'>> = {
  'ai 6': ai,
  'ai 7': newest as unknown as typeof ai
}

const question = (text: string): ai.UIMessage => ({ id: text, role: 'user', parts: [{ type: 'text', text }] })
const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }

for (const [name, { DefaultChatTransport, readUIMessageStream }] of Object.entries(sdks)) {
  /** A page with a chat: what `useChat` does with its transport. */
  function pageOf(url: string, chatId = 'chat', headers: Record<string, string> = {}) {
    const transport = new DefaultChatTransport<ai.UIMessage>({ api: `${url}/api/chat`, headers })
    const leaving = new AbortController()
    let messages: ai.UIMessage[] = []
    const read = (stream: ReadableStream<ai.UIMessageChunk>) => {
      const last = messages.at(-1)
      const message = last?.role === 'assistant' ? structuredClone(last) : undefined
      const before = message === undefined ? messages : messages.slice(0, -1)
      const versions = readUIMessageStream<ai.UIMessage>({
        stream,
        terminateOnError: true,
        ...(message && { message })
      })[Symbol.asyncIterator]()
      return {
        /** The text when it has grown; `undefined` at the end. */
        next: async (): Promise<string | undefined> => {
          for (;;) {
            const shown = textOf(messages.at(-1))
            const { value, done } = await versions.next()
            if (done) return undefined
            messages = [...before, value]
            if (textOf(value) !== shown && textOf(value) !== '') return textOf(value)
          }
        },
        end: async () => {
          for await (const version of { [Symbol.asyncIterator]: () => versions }) messages = [...before, version]
        }
      }
    }
    const send = async () =>
      read(
        await transport.sendMessages({
          trigger: 'submit-message',
          chatId,
          messageId: undefined,
          messages,
          abortSignal: leaving.signal
        })
      )
    return {
      messages: () => messages,
      say: (text: string) => {
        messages = [...messages, question(text)]
        return send()
      },
      /** What `addToolOutput` does, and `sendAutomaticallyWhen`. */
      answerTools: (output: unknown) => {
        const last = messages.at(-1) as ai.UIMessage
        const parts = last.parts.map(part =>
          part.type.startsWith('tool-') ? { ...part, state: 'output-available', output } : part
        )
        messages = [...messages.slice(0, -1), { ...last, parts } as ai.UIMessage]
        return send()
      },
      leave: () => leaving.abort(),
      resume: async () => {
        const stream = await transport.reconnectToStream({ chatId })
        return stream === null ? undefined : read(stream)
      },
      stop: () => fetch(`${url}/api/chat/${encodeURIComponent(chatId)}/stream`, { method: 'DELETE', headers })
    }
  }

  t.test(`${name}: a chat of several turns, with reasoning and a tool that the page calls`, async t => {
    const asked: unknown[] = []
    const { url } = await chat(t, async function* ({ messages }) {
      asked.push(messages)
      if (messages.at(-1)?.role === 'tool') {
        yield 'It rains.'
        return { finishReason: 'stop', usage }
      }
      yield { type: 'reasoning', text: 'Look.', signature: 'sig' }
      yield 'Let me see.'
      yield { type: 'tool-call', id: 'c1', name: 'weather', arguments: '{"city":' }
      yield { type: 'tool-call', id: 'c1', name: 'weather', arguments: '"Bonn"}' }
      return { finishReason: 'stop' }
    })
    const page = pageOf(url)
    await (await page.say('Is it dry?')).end()
    const id = page.messages().at(-1)?.id
    t.match(id, /^msg_/)
    await (await page.answerTools('rain')).end()
    t.equal(page.messages().length, 2, 'the answer goes on with its message')
    t.match(page.messages().at(-1), {
      id,
      metadata: { usage },
      parts: [
        { type: 'step-start' },
        { type: 'reasoning', text: 'Look.' },
        { type: 'text', text: 'Let me see.' },
        { type: 'tool-weather', state: 'output-available', input: { city: 'Bonn' }, output: 'rain' },
        { type: 'step-start' },
        { type: 'text', text: 'It rains.', state: 'done' }
      ]
    })
    await (await page.say('Thanks.')).end()
    t.strictSame(asked[2], [
      { role: 'user', content: 'Is it dry?' },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Look.', signature: 'sig' },
          { type: 'text', text: 'Let me see.' },
          { type: 'tool-call', id: 'c1', name: 'weather', arguments: '{"city":"Bonn"}' }
        ]
      },
      { role: 'tool', toolCallId: 'c1', content: 'rain' },
      { role: 'assistant', content: 'It rains.' },
      { role: 'user', content: 'Thanks.' }
    ])
  })

  t.test(`${name}: a page that is loaded again takes its answer up, from its start`, async t => {
    const { url, steps, asked } = await steppedChat(t)
    const page = pageOf(url)
    const answer = await page.say('hi')
    t.equal(await answer.next(), 'one ')
    page.leave()
    const again = pageOf(url)
    const resumed = await again.resume()
    t.equal(await resumed?.next(), 'one ')
    steps.go()
    t.equal(await resumed?.next(), 'one two')
    steps.go()
    t.equal(await resumed?.next(), undefined)
    t.equal(again.messages().at(-1)?.id, page.messages().at(-1)?.id, 'it is the same message')
    t.equal(asked(), 1, 'the model is asked once')
    t.equal(await again.resume(), undefined, 'there is nothing to take up after the end')
    t.equal(await pageOf(url, 'other').resume(), undefined, 'nor in a chat without an answer')
  })

  t.test(`${name}: an answer can be stopped, and ends as one that was`, async t => {
    const { url, aborted } = await steppedChat(t)
    const page = pageOf(url)
    const answer = await page.say('hi')
    t.equal(await answer.next(), 'one ')
    t.equal((await page.stop()).status, 204)
    t.equal(await answer.next(), undefined, 'without an error')
    t.equal(aborted(), true)
    t.equal(await page.resume(), undefined)
    t.equal((await page.stop()).status, 204, 'nothing is left to be stopped')
  })

  t.test(`${name}: a page is told of an error, before and in the middle of an answer`, async t => {
    const { url } = await chat(t, async function* ({ messages }) {
      if (messages[0]?.content === 'midway') yield 'half of'
      throw Object.assign(new Error('not so fast'), { statusCode: 429 })
    })
    await t.rejects(pageOf(url).say('early'), { message: /not so fast/ })
    const page = pageOf(url)
    const answer = await page.say('midway')
    t.equal(await answer.next(), 'half of')
    await t.rejects(answer.next(), { message: 'not so fast' })
    t.equal(await page.resume(), undefined)
  })

  t.test(`${name}: only its owner can take up or stop the answer of a chat`, async t => {
    const owner: ChatRoutesOptions['resumable'] = { owner: async ({ headers }) => String(headers['x-user']) }
    const { url, steps, aborted } = await steppedChat(t, { resumable: owner })
    const page = pageOf(url, 'chat', { 'x-user': 'a' })
    const answer = await page.say('hi')
    t.equal(await answer.next(), 'one ')
    const other = pageOf(url, 'chat', { 'x-user': 'b' })
    t.equal(await other.resume(), undefined)
    t.equal((await other.stop()).status, 204)
    t.equal(aborted(), false)
    steps.go()
    t.equal(await answer.next(), 'one two')
    const again = pageOf(url, 'chat', { 'x-user': 'a' })
    t.equal(await (await again.resume())?.next(), 'one ')
    steps.go()
    t.equal(await answer.next(), undefined)
  })
}

t.test('a later answer of a chat replaces an earlier one, whose end changes nothing', async t => {
  const ends: (() => void)[] = []
  const { url } = await chat(t, async function* ({ messages }) {
    yield `${messages.at(-1)?.content}`
    await new Promise<void>(resolve => ends.push(resolve))
    return { finishReason: 'stop' }
  })
  const post = (text: string) => fetchAll(`${url}/api/chat`, { body: { id: 'a/b c', messages: [question(text)] } })
  const first = post('first')
  await until('the first answer', () => ends.length === 1)
  const second = post('second')
  await until('the second answer', () => ends.length === 2)
  ends[0]?.()
  await first
  const follower = open(`${url}/api/chat/a%2Fb%20c/stream`)
  await until('the second answer', () => follower.text().includes('"second"'))
  ends[1]?.()
  await Promise.all([second, follower.end()])
  t.match(follower.text(), '[DONE]')
})

t.test('where streams are known is the choice of the app, and its failure is no failure of an answer', async t => {
  const calls: unknown[] = []
  const fail = (...call: unknown[]) => {
    calls.push(call)
    throw new Error('no database')
  }
  const activeStreams: ActiveStreams = {
    get: async () => undefined,
    set: (...call) => fail('set', ...call),
    delete: async (...call) => fail('delete', ...call)
  }
  const { url, log } = await chat(
    t,
    async function* () {
      yield 'Hello'
      return { finishReason: 'stop' }
    },
    { activeStreams }
  )
  const answer = await fetchAll(`${url}/api/chat`, { body: { id: 'c', messages: [question('hi')] } })
  t.match(answer.text(), /"Hello".+\[DONE\]/s)
  const stream = answer.headers['x-stream-id']
  await until('both calls', () => calls.length === 2)
  t.same(calls, [
    ['set', { id: 'c', owner: undefined }, stream],
    ['delete', { id: 'c', owner: undefined }, stream]
  ])
  const failures = log.filter(({ msg }) => msg === 'the active streams of chats failed')
  t.match(failures, [{ level: 50, err: { message: 'no database' } }, { level: 50 }])
})

t.test('onFinish is told of each answer', async t => {
  const finished: unknown[] = []
  const generate: Generate = async function* () {
    yield 'Hel'
    yield 'lo'
    return { finishReason: 'stop', usage }
  }
  const { url } = await chat(t, generate, { onFinish: finish => void finished.push(finish) })
  await fetchAll(`${url}/api/chat`, { body: { id: 'c', messages: [question('hi')] } })
  await until('the end', () => finished.length > 0)
  t.match(finished, [{ asked: { api: 'ai-sdk' }, text: 'Hello', outcome: 'complete', usage: { totalTokens: 3 } }])
})

t.test('without resumable streams there is nothing but the answer', async t => {
  const generate: Generate = async function* () {
    yield 'Hello'
    return { finishReason: 'stop' }
  }
  const { url } = await chat(t, generate, { resumable: false })
  const answer = await fetchAll(`${url}/api/chat`, { body: { id: 'c', messages: [question('hi')] } })
  t.match(answer.text(), /"Hello".+\[DONE\]/s)
  t.equal(answer.headers['x-stream-id'], undefined)
  t.equal((await fetchAll(`${url}/api/chat/c/stream`)).status, 404)
})

function textOf(message: ai.UIMessage | undefined): string {
  return message?.parts.map(part => (part.type === 'text' ? part.text : '')).join('') ?? ''
}

function chat(t: Test, generate: Generate, options: Partial<ChatRoutesOptions> = {}) {
  return serve(t, app => app.register(chatRoutes, { generate, ...options }))
}

/** A chat whose model says `one `, and after a step `two`. */
async function steppedChat(t: Test, options?: Partial<ChatRoutesOptions>) {
  const steps = new Steps()
  let asked = 0
  let signal: AbortSignal | undefined
  const generate: Generate = async function* (_request, context) {
    asked++
    signal = context.signal
    yield 'one '
    await steps.next()
    yield 'two'
    await steps.next()
    return { finishReason: 'stop' }
  }
  const { url } = await chat(t, generate, options)
  return { url, steps, asked: () => asked, aborted: () => signal?.aborted }
}
