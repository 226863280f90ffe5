import Anthropic from '@anthropic-ai/sdk'
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema'
import Fastify from 'fastify'
import t from 'tap'
import { type AnthropicRoutesOptions, anthropicRoutes, type Generate } from '../../../routes/index.js'
import { fetchAll, open } from '../../helpers/client.js'
import { Steps } from '../../helpers/steps.js'
import { until } from '../../helpers/until.js'
import { api, told } from './api.js'

const messages = [{ role: 'user' as const, content: 'hi' }]
const ask = { model: 'a', max_tokens: 9, messages }
const usage = { promptTokens: 10, completionTokens: 5, totalTokens: 15, cachedPromptTokens: 4, reasoningTokens: 2 }
const ownUsage = {
  input_tokens: 6,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 4,
  output_tokens: 5,
  output_tokens_details: { thinking_tokens: 2 }
}

/** Thinks, speaks, and calls two tools whose arguments come mixed. */
const everything: Generate = async function* () {
  yield { type: 'reasoning', text: 'Let me ' }
  yield { type: 'reasoning', text: 'think.', signature: 'sig' }
  yield { type: 'reasoning', text: '', encrypted: 'secret' }
  yield 'Hel'
  yield { type: 'text', text: 'lo' }
  yield { type: 'tool-call', id: '1', name: 'weather', arguments: '{"city":' }
  yield { type: 'tool-call', id: '2', name: 'time', arguments: '' }
  yield { type: 'tool-call', id: '1', name: 'weather', arguments: '"Bonn"}' }
  return { finishReason: 'tool_calls', usage }
}

const whole = [
  { type: 'thinking', thinking: 'Let me think.', signature: 'sig' },
  { type: 'redacted_thinking', data: 'secret' },
  { type: 'text', text: 'Hello' },
  { type: 'tool_use', id: '1', name: 'weather', input: { city: 'Bonn' } },
  { type: 'tool_use', id: '2', name: 'time', input: {} }
]

/** What a promise is rejected with. */
const errorOf = (promise: PromiseLike<unknown>): PromiseLike<unknown> =>
  promise.then(
    () => undefined,
    error => error
  )

t.test('the SDK of Anthropic gets a whole answer', async t => {
  const { client } = await api(t, everything)
  const { id, ...message } = await client.messages.create(ask)
  t.match(id, /^msg_[0-9a-f]{32}$/)
  t.same(message, {
    type: 'message',
    role: 'assistant',
    model: 'a',
    content: whole,
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: ownUsage
  })
})

t.test('the stream helper of the SDK gets the same answer from the events', async t => {
  const { client } = await api(t, everything)
  const seen: string[] = []
  const stream = client.messages.stream(ask)
  stream.on('text', text => seen.push(text))
  stream.on('thinking', text => seen.push(text))
  stream.on('signature', text => seen.push(text))
  stream.on('inputJson', text => seen.push(text))
  const { content, stop_reason, usage } = await stream.finalMessage()
  t.same(JSON.parse(JSON.stringify(content)), whole)
  t.same({ stop_reason, usage }, { stop_reason: 'tool_use', usage: ownUsage })
  t.same(seen, ['Let me ', 'think.', 'sig', 'Hel', 'lo', '{"city":', '"Bonn"}'])
})

t.test('the events have the order of the API, one block after the other', async t => {
  const { post } = await api(t, everything)
  const events = (await post({ ...ask, stream: true })).events()
  t.ok(events.every(({ event, data }) => JSON.parse(data).type === event))
  const types = events.map(({ data }) => {
    const { type, index, content_block, delta } = JSON.parse(data)
    return [type, index, content_block?.type ?? delta?.type].filter(value => value !== undefined).join(' ')
  })
  t.same(types, [
    'message_start',
    'content_block_start 0 thinking',
    'content_block_delta 0 thinking_delta',
    'content_block_delta 0 thinking_delta',
    'content_block_delta 0 signature_delta',
    'content_block_stop 0',
    'content_block_start 1 redacted_thinking',
    'content_block_stop 1',
    'content_block_start 2 text',
    'content_block_delta 2 text_delta',
    'content_block_delta 2 text_delta',
    'content_block_stop 2',
    'content_block_start 3 tool_use',
    'content_block_delta 3 input_json_delta',
    'content_block_delta 3 input_json_delta',
    'content_block_stop 3',
    'content_block_start 4 tool_use',
    'content_block_stop 4',
    'message_delta',
    'message_stop'
  ])
  t.match(JSON.parse(events[0]?.data ?? ''), {
    message: { role: 'assistant', content: [], stop_reason: null, usage: { input_tokens: 0, output_tokens: 0 } }
  })
})

t.test('the usage of the input comes with the last events, and is in the final message of the SDK', async t => {
  const { client } = await api(t, everything)
  const stream = client.messages.stream(ask)
  const seen: unknown[] = []
  for await (const event of stream) {
    if (event.type === 'message_start') seen.push(event.message.usage.input_tokens)
    if (event.type === 'message_delta') seen.push(event.usage)
  }
  t.same(seen, [0, ownUsage])
  t.equal((await stream.finalMessage()).usage.input_tokens, 6)
})

t.test('each token leaves as soon as generate yields it', async t => {
  const steps = new Steps()
  const { client } = await api(t, async function* () {
    for (const token of ['Hel', 'lo']) {
      await steps.next()
      yield token
    }
    await steps.next()
    return { finishReason: 'length' }
  })
  steps.go()
  const texts: string[] = []
  const stream = client.messages.stream(ask)
  stream.on('text', text => {
    texts.push(text)
    steps.go()
  })
  t.equal((await stream.finalMessage()).stop_reason, 'max_tokens')
  t.same(texts, ['Hel', 'lo'])
})

t.test('the tool runner of the SDK calls a tool, and the model gets its result', async t => {
  const asked: unknown[] = []
  const { client } = await api(t, async function* (request) {
    asked.push(request)
    if (request.messages.at(-1)?.role === 'tool') {
      yield 'It rains.'
      return { finishReason: 'stop' }
    }
    yield { type: 'reasoning', text: 'Look.', signature: 'sig' }
    yield { type: 'tool-call', id: 'call-1', name: 'weather', arguments: '{"city":"Bonn"}' }
    return { finishReason: 'stop' }
  })
  const inputSchema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } as const
  const weather = betaTool({
    name: 'weather',
    description: 'Tells the weather.',
    inputSchema,
    run: ({ city }) => `Rain in ${city}`
  })
  for (const stream of [false, true]) {
    asked.length = 0
    const runner = client.beta.messages.toolRunner({ ...ask, tools: [weather], stream })
    const last = await runner.runUntilDone()
    t.match(last.content, [{ type: 'text', text: 'It rains.' }])
    t.match(asked, [
      { messages: [{ role: 'user', content: 'hi' }], tools: [{ name: 'weather', parameters: { type: 'object' } }] },
      {
        messages: [
          { role: 'user' },
          {
            role: 'assistant',
            content: [
              { type: 'reasoning', text: 'Look.', signature: 'sig' },
              { type: 'tool-call', id: 'call-1', name: 'weather', arguments: '{"city":"Bonn"}' }
            ]
          },
          { role: 'tool', toolCallId: 'call-1', content: 'Rain in Bonn' }
        ]
      }
    ])
  }
})

t.test('a refusal is text, and the stop_reason says so', async t => {
  for (const finishReason of ['stop', 'content_filter'] as const) {
    const { client } = await api(t, function* () {
      yield { type: 'refusal', text: 'No' }
      yield { type: 'refusal', text: 'pe.' }
      return { finishReason }
    })
    const expected = { content: [{ type: 'text', text: 'Nope.' }], stop_reason: 'refusal' }
    t.match(await client.messages.create(ask), expected)
    t.match(await client.messages.stream(ask).finalMessage(), expected)
  }
})

t.test('reasoning of which a part is encrypted is two blocks', async t => {
  const { client } = await api(t, function* () {
    yield { type: 'reasoning', text: 'hm' }
    yield { type: 'reasoning', text: '', encrypted: 'secret' }
    return { finishReason: 'stop' }
  })
  const content = [
    { type: 'thinking', thinking: 'hm', signature: '' },
    { type: 'redacted_thinking', data: 'secret' }
  ]
  t.same((await client.messages.create(ask)).content, content)
  t.same((await client.messages.stream(ask).finalMessage()).content, content)
})

t.test('an answer without anything has no content, and the usage is 0 if it is not known', async t => {
  const { client } = await api(t, function* () {
    yield ''
    return { finishReason: 'unknown' }
  })
  const expected = { content: [], stop_reason: 'end_turn', usage: { input_tokens: 0, output_tokens: 0 } }
  t.match(await client.messages.create(ask), expected)
  t.match(await client.messages.stream(ask).finalMessage(), expected)
})

t.test('arguments that are no JSON are an error, unless a limit or a filter has cut them', async t => {
  for (const finishReason of ['tool_calls', 'length', 'content_filter'] as const) {
    const { client } = await api(t, function* () {
      yield { type: 'tool-call', id: '1', name: 'a', arguments: '{"b":' }
      return { finishReason }
    })
    const asked = client.messages.create(ask)
    const cut = { length: 'max_tokens', content_filter: 'refusal', tool_calls: undefined }[finishReason]
    if (cut !== undefined) t.match(await asked, { stop_reason: cut, content: [{ input: {} }] })
    else t.match(await errorOf(asked), { status: 500, error: { type: 'error', error: { type: 'api_error' } } })
  }
})

t.test('errors have the form of Anthropic, before, during and at the end of an answer', async t => {
  const slowDown = () => Object.assign(new Error('not so fast'), { status: 429, headers: { 'retry-after': '7' } })
  const { client } = await api(t, async function* ({ messages }) {
    if (messages[0]?.content === 'early') throw slowDown()
    yield 'half of'
    if (messages[0]?.content === 'midway') throw slowDown()
    if (messages[0]?.content === 'number') yield 5 as unknown as string
    return undefined as never
  })
  const params = (content: string) => ({ ...ask, messages: [{ role: 'user' as const, content }] })
  for (const stream of [true, false]) {
    const error = await client.messages.create({ ...params('early'), stream }).then(
      () => t.fail('it succeeded'),
      error => error
    )
    t.ok(error instanceof Anthropic.RateLimitError)
    t.match(error.error, { type: 'error', error: { type: 'rate_limit_error', message: 'not so fast' } })
    t.equal(error.headers.get('retry-after'), '7')
  }
  const midway = client.messages.stream(params('midway'))
  t.match(await errorOf(midway.finalMessage()), {
    error: { error: { type: 'rate_limit_error', message: 'not so fast' } }
  })
  for (const content of ['number', 'end']) {
    const stream = client.messages.stream(params(content))
    t.match(await errorOf(stream.finalMessage()), { error: { error: { type: 'api_error' } } })
    t.match(await errorOf(client.messages.create(params(content))), { status: 500 })
  }
})

t.test('a client that leaves stops the source', async t => {
  for (const stream of [true, false]) {
    let signal: AbortSignal | undefined
    const { client } = await api(t, async function* (_request, context) {
      signal = context.signal
      if (stream) yield 'half of'
      await new Promise(() => {})
      return { finishReason: 'stop' }
    })
    const leaving = new AbortController()
    const asked = client.messages.create({ ...ask, stream }, { signal: leaving.signal })
    asked.catch(() => {})
    await until('the source was started', () => signal)
    if (stream) await asked
    leaving.abort()
    await until('the signal of the source', () => signal?.aborted)
  }
})

t.test('a request as Claude Code sends it is answered with events', async t => {
  const { url, asked } = await told(t)
  const cached = { type: 'ephemeral' }
  const client = open(`${url}/v1/messages?beta=true`, {
    headers: {
      accept: 'application/json',
      'x-api-key': 'key',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'claude-code-20250219,interleaved-thinking-2025-05-14',
      'x-app': 'cli'
    },
    body: {
      model: 'claude-sonnet-4-5',
      max_tokens: 32000,
      stream: true,
      system: [
        { type: 'text', text: 'You are an agent.', cache_control: cached },
        { type: 'text', text: 'Be brief.', cache_control: cached }
      ],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hi', cache_control: cached }] }],
      tools: [
        {
          name: 'Bash',
          description: 'Runs.',
          input_schema: { $schema: 'a', type: 'object' },
          eager_input_streaming: true
        }
      ],
      thinking: { type: 'enabled', budget_tokens: 31999 },
      metadata: { user_id: 'user_1' },
      context_management: { edits: [] },
      betas: ['a']
    }
  })
  await client.end()
  t.equal(client.status, 200)
  t.equal(client.headers['content-type'], 'text/event-stream')
  t.equal(client.events().at(-1)?.event, 'message_stop')
  t.match(asked[0], {
    api: 'messages',
    model: 'claude-sonnet-4-5',
    messages: [{ role: 'system', content: 'You are an agent.\n\nBe brief.' }, { role: 'user' }],
    tools: [{ name: 'Bash', parameters: { type: 'object' }, extra: { eager_input_streaming: true } }],
    reasoningEffort: 'high',
    user: 'user_1',
    extra: { context_management: { edits: [] }, betas: ['a'], thinking: { budget_tokens: 31999 } }
  })
})

t.test('count_tokens is refused by name', async t => {
  const { client, url } = await told(t)
  const message = /count_tokens is not supported/
  const refused = { status: 404, error: { type: 'error', error: { type: 'not_found_error', message } } }
  t.match(await errorOf(client.messages.countTokens({ model: 'a', messages })), refused)
  t.equal((await fetchAll(`${url}/v1/messages/count_tokens?beta=true`, { body: {} })).status, 404)
})

t.test('a conversation that the server shall keep is refused by name, and so it comes whole', async t => {
  const { client, post, asked } = await told(t)
  const response = await post({ ...ask, thread: { type: 'create' } })
  t.equal(response.status, 400)
  t.match(JSON.parse(response.text()), {
    error: { type: 'invalid_request_error', message: /^thread is not supported/ }
  })
  const thread = client.beta.messages.thread({
    model: 'a',
    max_tokens: 9,
    unsupportedRequestBehavior: 'continue_unthreaded'
  })
  for (const content of ['one', 'two']) await thread.send({ role: 'user', content })
  t.same(
    asked.at(-1)?.messages.map(({ content }) => content),
    ['one', 'Hello', 'two']
  )
})

t.test('onFinish is told of each answer, streamed or not', async t => {
  const finished: unknown[] = []
  const { client } = await told(t, { onFinish: finish => void finished.push(finish) })
  await client.messages.create(ask)
  await client.messages.stream(ask).finalMessage()
  await until('both answers', () => finished.length === 2)
  const expected = { asked: { api: 'messages', messages }, text: 'Hello', outcome: 'complete' }
  t.match(finished, [expected, expected])
})

t.test('any model may be asked for, or those of a list', async t => {
  t.match(await (await told(t)).client.messages.create({ ...ask, model: 'any' }), { model: 'any' })
  const { client } = await told(t, { models: ['a'] })
  t.match(await client.messages.create(ask), { model: 'a' })
  t.match(await errorOf(client.messages.create({ ...ask, model: 'b' })), {
    status: 404,
    error: { error: { type: 'not_found_error', message: /no such model/ } }
  })
})

t.test('refuses to be registered with wrong options', async t => {
  const generate: Generate = () => t.fail('generate was called') as never
  for (const [options, message] of [
    [{}, 'option "generate" takes a function'],
    [{ generate, models: [] }, 'option "models" takes a list of at least one id'],
    [{ generate, models: [''] }, 'option "models" takes a list of at least one id'],
    [{ generate, models: 'a' }, 'option "models" takes a list of at least one id']
  ] as unknown as [AnthropicRoutesOptions, string][]) {
    const app = Fastify()
    await t.rejects(async () => app.register(anthropicRoutes, options), { code: 'FST_SSE_OPTION_INVALID', message })
  }
})
