import t, { type Test } from 'tap'
import { type AnswerPart, type FinishReason, type Generate, streamRoutes } from '../../../routes/index.js'
import { injectSse } from '../../../testing/index.js'
import { build } from '../../helpers/server.js'

const call = (id: string, args: string): AnswerPart => ({ type: 'tool-call', id, name: `n${id}`, arguments: args })

const calling = (finishReason: FinishReason, ...parts: AnswerPart[]): Generate =>
  async function* () {
    yield* parts
    return { finishReason }
  }

function served(t: Test, generate: Generate) {
  const { app } = build(t)
  app.register(streamRoutes, { generate })
  return app
}

const asked = { method: 'POST', url: '/stream', body: { prompt: 'hi' } } as const

/** The events of an answer, without `done`. */
async function events(t: Test, generate: Generate) {
  const all = await (await injectSse(served(t, generate), asked)).events()
  t.equal(all.at(-1)?.event, 'done')
  return all.slice(0, -1)
}

/** The calls of an answer as a client joins them: of its events, and those of the whole answer. */
async function joined(t: Test, generate: Generate) {
  const calls: Record<string, string> = {}
  for (const { event, data } of await events(t, generate)) {
    const { id, name, arguments: args } = data as { id: string; name: string; arguments: string }
    if (event !== 'tool-call') continue
    t.equal(name, `n${id}`)
    calls[id] = (calls[id] ?? '') + args
  }
  const app = served(t, generate)
  const whole = (await app.inject({ ...asked, headers: { accept: 'application/json' } })).json()
  const { toolCalls } = whole as { toolCalls: { id: string; arguments: string }[] }
  return [calls, Object.fromEntries(toolCalls.map(({ id, arguments: args }) => [id, args]))]
}

t.test('a call without arguments has {} at the end, in events and as a whole', async t => {
  for (const finishReason of ['tool_calls', 'stop', 'unknown'] as const) {
    for (const [parts, expected] of [
      [[call('1', '')], { 1: '{}' }],
      [[call('1', ' \n')], { 1: '{}' }],
      [[call('1', ''), call('1', ' '), 'text', call('1', '')], { 1: '{}' }],
      [[call('1', ''), call('1', ' {"a":'), call('1', ' 1}')], { 1: ' {"a": 1}' }],
      [[call('1', '{}')], { 1: '{}' }],
      [[call('1', '{}'), call('1', '')], { 1: '{}' }],
      [[call('1', ''), call('2', '{"a":'), call('3', ''), call('2', '1}')], { 1: '{}', 2: '{"a":1}', 3: '{}' }]
    ] as const) {
      const [streamed, whole] = await joined(t, calling(finishReason, ...parts))
      t.same(streamed, expected, JSON.stringify(parts))
      t.same(whole, expected, JSON.stringify(parts))
    }
  }
})

t.test('a call that was cut stays as it is', async t => {
  for (const finishReason of ['length', 'content_filter'] as const) {
    const [streamed, whole] = await joined(t, calling(finishReason, call('1', ''), call('2', '{"a')))
    t.same(streamed, { 1: '', 2: '{"a' })
    t.same(whole, { 1: '', 2: '{"a' })
  }
})

t.test('the pieces are events at once, and the arguments that were missing come before done', async t => {
  const seen = await events(t, calling('stop', call('1', ''), 'text', call('2', '{}')))
  t.same(
    seen.map(({ data }) => data),
    [
      { id: '1', name: 'n1', arguments: '' },
      'text',
      { id: '2', name: 'n2', arguments: '{}' },
      { id: '1', name: 'n1', arguments: '{}' }
    ]
  )
  t.equal(new Set(seen.map(({ id }) => id)).size, 4, 'each has an id of its own')
})

t.test('an answer that fails, and one without a valid end, say so', async t => {
  for (const [generate, expected] of [
    [
      async function* () {
        yield call('1', '')
        throw Object.assign(new Error('no'), { statusCode: 429 })
      },
      { statusCode: 429 }
    ],
    [
      async function* () {
        yield call('1', '')
      },
      { statusCode: 500 }
    ]
  ] as [Generate, object][]) {
    const all = await (await injectSse(served(t, generate), asked)).events()
    t.match(all.at(-1), { event: 'error', data: expected })
    t.equal(all.length, 2, 'a call of an answer that has failed is not complete')
  }
})
