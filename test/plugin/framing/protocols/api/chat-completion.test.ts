import t from 'tap'
import { chatCompletion } from '../../../../../plugin/toolkit.js'
import { sourceServer } from '../../../../helpers/source-server.js'

const head = { id: 'chatcmpl-1', created: 1, model: 'a' }
const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }
const chatUsage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }

const tokens = function* (result: unknown) {
  yield 'Hel'
  yield 'lo'
  return result
}

function data(events: readonly { data: string }[]): unknown[] {
  return events.map(({ data }) => (data.startsWith('{') ? JSON.parse(data) : data))
}

function chunk(delta: object, finish_reason: string | null = null, rest: object = {}) {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason }]
  return { ...head, object: 'chat.completion.chunk', choices, ...rest }
}

t.test('makes a chunk from each token, and ends with a finish_reason and [DONE]', async t => {
  const ask = sourceServer(t)
  const protocol = chatCompletion({ head, includeUsage: false })
  const { headers, events } = await ask(() => tokens({ finishReason: 'stop', usage }), { protocol })
  t.equal(headers['content-type'], 'text/event-stream')
  t.strictSame(data(events), [
    chunk({ role: 'assistant', content: 'Hel' }),
    chunk({ content: 'lo' }),
    chunk({}, 'stop'),
    '[DONE]'
  ])
  t.ok(events.every(({ event }) => event === undefined))
})

t.test('sends the usage in a last chunk without choices if includeUsage is set', async t => {
  const ask = sourceServer(t)
  for (const known of [usage, undefined]) {
    const protocol = chatCompletion({ head, includeUsage: true })
    const finish = known === undefined ? { finishReason: 'stop' } : { finishReason: 'stop', usage: known }
    const { events } = await ask(() => tokens(finish), { protocol })
    t.strictSame(data(events), [
      chunk({ role: 'assistant', content: 'Hel' }, null, { usage: null }),
      chunk({ content: 'lo' }, null, { usage: null }),
      chunk({}, 'stop', { usage: null }),
      { ...head, object: 'chat.completion.chunk', choices: [], usage: known === undefined ? null : chatUsage },
      '[DONE]'
    ])
  }
})

t.test('the first chunk of an answer without tokens names the role', async t => {
  const ask = sourceServer(t)
  const protocol = chatCompletion({ head, includeUsage: false })
  const source = function* () {
    yield* []
    return { finishReason: 'length' }
  }
  t.strictSame(data((await ask(source, { protocol })).events), [chunk({ role: 'assistant' }, 'length'), '[DONE]'])
})

t.test('ends with an error instead of [DONE] after an invalid token, an invalid result or a failure', async t => {
  const ask = sourceServer(t)
  const protocol = chatCompletion({ head, includeUsage: true })
  const sources: Record<string, [() => unknown, object]> = {
    'a wrong token': [() => ['Hello', 5], { type: 'server_error', code: 'FST_SSE_EVENT_INVALID' }],
    'a wrong result': [() => ['Hello'], { type: 'server_error', code: 'FST_SSE_EVENT_INVALID' }],
    'a failure': [
      function* () {
        yield 'Hello'
        throw Object.assign(new Error('slow down'), { status: 429, code: 'slow_down' })
      },
      { type: 'rate_limit_error', code: 'slow_down', message: 'slow down' }
    ]
  }
  for (const [name, [source, error]] of Object.entries(sources)) {
    const { events } = await ask(source, { protocol })
    const [first, last] = data(events)
    t.match(first, { choices: [{ delta: { content: 'Hello' } }] }, name)
    t.match(last, { error }, name)
    t.equal(events.length, 2, name)
  }
})
