import swagger from '@fastify/swagger'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import t from 'tap'
import { Random, seed } from '../../helpers/random.js'
import { readyApp, refused } from './ready.js'

type Handler = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => unknown

/** A shape that no schema of ours knows. */
function randomShape(random: Random, depth = 0): unknown {
  return random.pick<() => unknown>([
    () => null,
    () => random.below(1000),
    () => random.chance(0.5),
    () => 'text',
    () => Array.from({ length: random.below(3) }, () => randomShape(random, depth + 1)),
    () =>
      Object.fromEntries(
        ['ok', 'statusCode', 'error', 'message', 'code']
          .slice(random.below(5))
          .map(name => [name, depth > 2 ? 1 : randomShape(random, depth + 1)])
      )
  ])()
}

/** The body of each shape, by what makes it of the status and the code of an error. */
const shapes: Record<
  string,
  { handler: Handler; expected: (status: number, code?: string) => unknown; type?: RegExp }
> = {
  '{ ok, msg }': {
    handler: (error, _request, reply) => reply.code(error.statusCode ?? 500).send({ ok: false, msg: error.code }),
    expected: (_status, code) => (code === undefined ? { ok: false } : { ok: false, msg: code })
  },
  'problem+json (RFC 9457)': {
    handler: (error, { url }, reply) => {
      const status = error.statusCode ?? 500
      return reply.code(status).type('application/problem+json').send({ type: 'about:blank', status, instance: url })
    },
    expected: status => ({ type: 'about:blank', status, instance: String }),
    type: /^application\/problem\+json/
  },
  'an object that is returned': {
    handler: async (error, _request, reply) => {
      reply.code(error.statusCode ?? 500)
      return { errors: [{ reason: error.code ?? null }] }
    },
    expected: (_status, code) => ({ errors: [{ reason: code ?? null }] })
  },
  'a list': {
    handler: (error, _request, reply) => reply.code(error.statusCode ?? 500).send([error.code ?? null]),
    expected: (_status, code) => [code ?? null]
  },
  'the names of the default with other types': {
    handler: (error, _request, reply) =>
      reply.code(error.statusCode ?? 500).send({ statusCode: 'E', error: { a: 1 }, message: null }),
    expected: () => ({ statusCode: 'E', error: { a: 1 }, message: null })
  }
}

for (const [name, { handler, expected, type = /^application\/json/ }] of Object.entries(shapes)) {
  t.test(`kind: an error shape of the app (${name}) reaches the client of a ready route untouched`, async t => {
    const app = await readyApp(t, app => void app.setErrorHandler(handler))
    for (const [request, status, code] of refused) {
      const response = await app.inject(request as object)
      t.equal(response.statusCode, status, request.url)
      t.match(response.headers['content-type'], type)
      const body = response.json()
      t.match(body, expected(status, code), request.url)
      t.equal(Object.keys(body).length, Object.keys(expected(status, code) as object).length)
    }
  })
}

t.test(`kind: an error shape of the app, generated, reaches the client untouched (seed ${seed})`, async t => {
  const random = new Random(seed)
  for (let i = 0; i < 20; i++) {
    const shape = { shape: randomShape(random) }
    const app = await readyApp(t, app => {
      app.setErrorHandler((error: FastifyError, _request, reply) => reply.code(error.statusCode ?? 500).send(shape))
    })
    for (const [request, status] of refused) {
      const response = await app.inject(request as object)
      t.equal(response.statusCode, status, request.url)
      t.same(response.json(), shape)
    }
  }
})

t.test('kind: an error shape of the app, for every answer by hooks that wrap JSON, reaches the client', async t => {
  const app = await readyApp(t, app => {
    app.addHook('preSerialization', async (_request, _reply, payload) => ({ ok: true, data: payload }))
  })
  const headers = { accept: 'application/json' }
  const answer = { text: 'Hello', finishReason: 'stop' }
  t.match((await app.inject({ url: '/stream?prompt=hi', headers })).json(), { ok: true, data: answer })
  const chat = { model: 'a', messages: [{ role: 'user', content: 'hi' }] }
  const completion = await app.inject({ method: 'POST', url: '/v1/chat/completions', body: chat })
  t.match(completion.json(), { ok: true, data: { object: 'chat.completion' } })
  t.match((await app.inject('/v1/models')).json(), { ok: true, data: { object: 'list' } })
})

t.test("errors have Fastify's default shape in an app without an error handler", async t => {
  const app = await readyApp(t, () => {})
  for (const [request, status, code] of refused) {
    const response = await app.inject(request as object)
    t.equal(response.statusCode, status, request.url)
    t.match(response.json(), { statusCode: status, error: String, message: String, ...(code && { code }) }, request.url)
    t.strictSame(Object.keys(response.json()).sort(), [...(code ? ['code'] : []), 'error', 'message', 'statusCode'])
  }
})

t.test('the OpenAPI document shows the shapes of errors, though they are not enforced', async t => {
  const app = await readyApp(t, app =>
    app.register(swagger, { openapi: { openapi: '3.1.0', info: { title: 'a', version: '1' } } })
  )
  await app.ready()
  const { paths } = app.swagger() as unknown as {
    paths: Record<
      string,
      Record<string, { responses: Record<string, { content: Record<string, { schema: object }> }> }>
    >
  }
  for (const [path, method, statuses] of [
    ['/stream', 'get', ['4XX', '5XX']],
    ['/stream', 'post', ['4XX', '5XX']],
    ['/stream/{id}', 'get', ['404', '410']],
    ['/stream/{id}', 'delete', ['404']],
    ['/v1/chat/completions', 'post', ['4XX', '5XX']],
    ['/v1/models', 'get', ['4XX', '5XX']]
  ] as const) {
    for (const status of statuses) {
      const schema = paths[path]?.[method]?.responses[status]?.content['application/json']?.schema
      t.match(schema, { type: 'object', properties: {} }, `${method} ${path} ${status}`)
    }
  }
})
