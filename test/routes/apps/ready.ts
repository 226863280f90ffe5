import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import { anthropicRoutes, type Generate, openAiRoutes, streamRoutes } from '../../../routes/index.js'

/** Answers `Hello`, or fails with the status that the message of the user names. */
export const generate: Generate = async function* ({ messages }) {
  const status = Number(messages.at(-1)?.content)
  if (status >= 400) throw Object.assign(new Error(`a ${status}`), { statusCode: status })
  yield 'Hel'
  yield 'lo'
  const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3, undeclared: 4 }
  return { finishReason: 'stop', usage, undeclared: 5 }
}

/** An app with settings of its own and all ready routes. */
export async function readyApp(
  t: Test,
  setup: (app: FastifyInstance) => unknown,
  options: FastifyServerOptions = {}
): Promise<FastifyInstance> {
  const app = Fastify(options)
  t.teardown(() => app.close())
  await setup(app)
  await app.register(streamRoutes, { generate })
  await app.register(openAiRoutes, { generate, models: ['a'] })
  await app.register(anthropicRoutes, { generate })
  return app
}

const CHAT = '/v1/chat/completions'
const EVENTS = 'text/event-stream'

/** Asks every ready route, and checks that it answers as in an app without settings. */
export async function checkReadyRoutes(t: Test, app: FastifyInstance): Promise<void> {
  const messages = [{ role: 'user', content: 'hi' }]
  for (const request of [
    { url: '/stream?prompt=hi' },
    { method: 'POST' as const, url: '/stream', body: { prompt: 'hi' } },
    { method: 'POST' as const, url: '/stream', body: { messages } }
  ]) {
    const events = await app.inject(request)
    t.equal(events.statusCode, 200, `${request.url}: ${events.body}`)
    t.equal(events.headers['content-type'], EVENTS)
    t.match(events.body, /data: Hel\n\n.*data: lo\n\n.*event: done\ndata: \{"finishReason":"stop","usage":\{"promptT/s)
    const json = await app.inject({ ...request, headers: { accept: 'application/json' } })
    t.match(json.headers['content-type'], /^application\/json/)
    t.same(JSON.parse(json.body), {
      text: 'Hello',
      finishReason: 'stop',
      usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 }
    })
    const id = events.headers['x-stream-id']
    t.match((await app.inject(`/stream/${id}`)).body, /data: Hel\n\n/)
    t.equal((await app.inject({ method: 'DELETE', url: `/stream/${id}` })).statusCode, 204)
  }
  const whole = await app.inject({ method: 'POST', url: CHAT, body: { model: 'a', messages } })
  t.match(JSON.parse(whole.body), { object: 'chat.completion', choices: [{ message: { content: 'Hello' } }] })
  t.match(whole.headers['content-type'], /^application\/json/)
  const chunks = await app.inject({ method: 'POST', url: CHAT, body: { model: 'a', messages, stream: true } })
  t.match(chunks.body, /"content":"Hel".*data: \[DONE\]\n\n/s)
  t.match(JSON.parse((await app.inject('/v1/models')).body), { object: 'list', data: [{ id: 'a' }] })
  t.match(JSON.parse((await app.inject('/v1/models/a')).body), { id: 'a' })
  const wrong = await app.inject({ method: 'POST', url: CHAT, body: { model: 'a', messages, n: 2 } })
  t.equal(wrong.statusCode, 400)
  t.match(JSON.parse(wrong.body), { error: { type: 'invalid_request_error', param: 'n' } })
  await checkMessages(t, app)
}

/** Asks for a message of Anthropic's API, and checks that the answer is that of an app without settings. */
async function checkMessages(t: Test, app: FastifyInstance): Promise<void> {
  const request = { method: 'POST' as const, url: '/v1/messages' }
  const messages = [{ role: 'user', content: 'hi' }]
  const whole = await app.inject({ ...request, body: { model: 'a', messages } })
  t.match(JSON.parse(whole.body), { type: 'message', content: [{ text: 'Hello' }], usage: { output_tokens: 2 } })
  t.match(whole.headers['content-type'], /^application\/json/)
  const events = await app.inject({ ...request, body: { model: 'a', messages, stream: true } })
  t.match(events.body, /^event: message_start\n.*"text":"Hel".*event: message_stop\n/s)
  const wrong = await app.inject({ ...request, body: { model: 'a' } })
  t.match(JSON.parse(wrong.body), { type: 'error', error: { type: 'invalid_request_error' } })
  const tokens = await app.inject({ method: 'POST', url: '/v1/messages/count_tokens', body: {} })
  t.match(JSON.parse(tokens.body), { type: 'error', error: { type: 'not_found_error' } })
}

/** What the ready routes for streams refuse, with the status and the code of each. */
export const refused = [
  [{ url: '/stream' }, 400, 'FST_SSE_INPUT_INVALID'],
  [{ url: '/stream?prompt=hi&model=b' }, 400, 'FST_SSE_INPUT_INVALID'],
  [{ url: '/stream/a.b' }, 400, 'FST_SSE_INPUT_INVALID'],
  [{ url: '/stream?prompt=hi', headers: { accept: 'text/html' } }, 406, 'FST_SSE_NOT_ACCEPTABLE'],
  [{ method: 'POST', url: '/stream', body: { prompt: 5 } }, 400, 'FST_SSE_INPUT_INVALID'],
  [{ method: 'POST', url: '/stream', body: { prompt: 'a', more: 1 } }, 400, 'FST_SSE_INPUT_INVALID'],
  [
    { method: 'POST', url: '/stream', body: '{"prompt', headers: { 'content-type': 'application/json' } },
    400,
    'FST_ERR_CTP_INVALID_JSON_BODY'
  ],
  [{ url: '/stream/none' }, 410, 'FST_SSE_STREAM_GONE'],
  [{ url: '/stream/none', headers: { 'last-event-id': 'x' } }, 400, 'FST_SSE_ID_INVALID'],
  [{ method: 'DELETE', url: '/stream/none' }, 404, 'FST_SSE_STREAM_NOT_FOUND'],
  [{ url: '/stream?prompt=401' }, 502, 'FST_SSE_KEY_REFUSED'],
  [{ url: '/stream?prompt=403', headers: { accept: 'application/json' } }, 502, 'FST_SSE_KEY_REFUSED'],
  ...[404, 418, 429, 500, 502, 503].flatMap(status => [
    [{ url: `/stream?prompt=${status}` }, status, undefined],
    [{ url: `/stream?prompt=${status}`, headers: { accept: 'application/json' } }, status, undefined]
  ])
] as [{ method?: 'POST' | 'DELETE'; url: string; body?: object | string; headers?: object }, number, string?][]
