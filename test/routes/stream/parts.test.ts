import t from 'tap'
import { openStream, type SseStream } from '../../../client/index.js'
import { type Generate, streamRoutes, type Tokens, textGenerate } from '../../../routes/index.js'
import { build, serve } from '../../helpers/server.js'

const generate: Generate = async function* () {
  yield { type: 'reasoning', text: 'Let me ' }
  yield { type: 'reasoning', text: 'think.', signature: 'sig' }
  yield 'Hel'
  yield { type: 'text', text: 'lo' }
  yield { type: 'tool-call', id: '1', name: 'weather', arguments: '{"city":' }
  yield { type: 'tool-call', id: '2', name: 'time', arguments: '{}' }
  yield { type: 'tool-call', id: '1', name: 'weather', arguments: '"Bonn"}' }
  return {
    finishReason: 'tool_calls',
    usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3, reasoningTokens: 1 }
  }
}

const refuse: Generate = function* () {
  yield { type: 'refusal', text: 'No' }
  yield { type: 'refusal', text: 'pe.' }
  return { finishReason: 'content_filter' }
}

t.test('reasoning and calls of tools are events of their own, for the typed client too', async t => {
  const { url } = await serve(t, app => app.register(streamRoutes, { generate }))
  const stream: SseStream<typeof Tokens> = openStream(`${url}/stream`, { body: { prompt: 'hi' } })
  const seen: unknown[] = []
  for await (const { event, data } of stream) seen.push([event, data])
  t.same(seen, [
    ['reasoning', { text: 'Let me ' }],
    ['reasoning', { text: 'think.', signature: 'sig' }],
    ['message', 'Hel'],
    ['message', 'lo'],
    ['tool-call', { id: '1', name: 'weather', arguments: '{"city":' }],
    ['tool-call', { id: '2', name: 'time', arguments: '{}' }],
    ['tool-call', { id: '1', name: 'weather', arguments: '"Bonn"}' }],
    [
      'done',
      {
        finishReason: 'tool_calls',
        usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3, reasoningTokens: 1 }
      }
    ]
  ])
})

t.test('a whole answer has its text, its reasoning and the calls of tools, each joined', async t => {
  const { app } = build(t)
  app.register(streamRoutes, { generate })
  const headers = { accept: 'application/json' }
  const response = await app.inject({ method: 'POST', url: '/stream', body: { prompt: 'hi' }, headers })
  t.same(response.json(), {
    text: 'Hello',
    reasoning: [{ text: 'Let me think.', signature: 'sig' }],
    toolCalls: [
      { id: '1', name: 'weather', arguments: '{"city":"Bonn"}' },
      { id: '2', name: 'time', arguments: '{}' }
    ],
    finishReason: 'tool_calls',
    usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3, reasoningTokens: 1 }
  })
})

t.test('a refusal is text to those who read it', async t => {
  const { app } = build(t)
  app.register(streamRoutes, { generate: refuse })
  const headers = { accept: 'application/json' }
  const whole = await app.inject({ method: 'POST', url: '/stream', body: { prompt: 'hi' }, headers })
  t.same(whole.json(), { text: 'Nope.', finishReason: 'content_filter' })
  const streamed = await app.inject({ method: 'POST', url: '/stream', body: { prompt: 'hi' } })
  t.match(streamed.body, /data: No\n\n.*data: pe\.\n\n/s)
})

t.test('generate gets all that a request says', async t => {
  const { app } = build(t)
  const seen: unknown[] = []
  app.register(streamRoutes, {
    generate: async function* (asked) {
      seen.push(asked)
      yield 'a'
      return { finishReason: 'stop' }
    }
  })
  const body = {
    model: 'small',
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        name: 'me',
        content: [
          { type: 'text', text: 'What is it?', extra: { cache: true } },
          { type: 'image', url: 'data:image/png;base64,AA==', detail: 'low' },
          { type: 'file', url: 'https://example.com/a.pdf', name: 'a.pdf' },
          { type: 'audio', data: 'AA==', format: 'mp3' }
        ]
      },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'hm', signature: 'sig' },
          { type: 'text', text: 'Let me see.' },
          { type: 'tool-call', id: '1', name: 'look', arguments: '{}' },
          { type: 'refusal', text: 'No.' }
        ]
      },
      { role: 'tool', toolCallId: '1', content: 'a cat', isError: false }
    ],
    tools: [{ name: 'look', description: 'Looks.', parameters: { type: 'object' }, strict: true }],
    toolChoice: { tool: 'look' },
    parallelToolCalls: false,
    responseFormat: { type: 'json', schema: { type: 'object' }, name: 'answer', strict: true },
    temperature: 0.5,
    topP: 0.9,
    maxTokens: 100,
    stop: ['END'],
    seed: 7,
    presencePenalty: 0.1,
    frequencyPenalty: 0.2,
    reasoningEffort: 'low',
    user: 'u1',
    metadata: { a: 'b' },
    extra: { verbosity: 'low' }
  }
  t.equal((await app.inject({ method: 'POST', url: '/stream', body })).statusCode, 200)
  t.same(seen, [body])
})

t.test('a generate that accepts text alone gets messages whose content is a string', async t => {
  const { app } = build(t)
  const seen: unknown[] = []
  app.register(streamRoutes, {
    generate: textGenerate(async function* ({ messages, temperature }) {
      seen.push(messages, temperature)
      yield 'a'
      return { finishReason: 'stop' }
    })
  })
  const content = [
    { type: 'reasoning', text: 'hm' },
    { type: 'text', text: 'Hel' },
    { type: 'text', text: 'lo' },
    { type: 'refusal', text: '!' }
  ]
  const messages = [{ role: 'assistant', content }]
  t.equal((await app.inject({ method: 'POST', url: '/stream', body: { messages, temperature: 1 } })).statusCode, 200)
  t.same(seen, [[{ role: 'assistant', content: 'Hello!' }], 1])
})

t.test('accepts takes a list of features', async t => {
  for (const accepts of ['text', ['video'], [5], {}]) {
    const { app } = build(t)
    app.register(streamRoutes, { generate: Object.assign(() => [], { accepts }) as never })
    await t.rejects(async () => app.ready(), {
      code: 'FST_SSE_OPTION_INVALID',
      message: 'option "generate.accepts" takes a list of text, image, file, audio, tools, json'
    })
  }
})
