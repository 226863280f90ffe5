import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { type Generate, openAiRoutes } from '../../../routes/index.js'

const generate: Generate = async function* () {
  yield 'hi'
  return { finishReason: 'stop' }
}

const ours = (app: FastifyInstance, prefix = '') => app.register(openAiRoutes, { generate, models: ['a'], prefix })

/** A scope of the app with routes and a 404 of its own. */
const own = (app: FastifyInstance) =>
  app.register(
    async scope => {
      scope.get('/mine', () => 'mine')
      scope.setNotFoundHandler((request, reply) => reply.code(404).send({ own: request.url }))
    },
    { prefix: '/v1' }
  )

for (const [order, register] of [
  ['after', [ours, own]],
  ['before', [own, ours]]
] as const) {
  t.test(`a scope of the app under /v1, registered ${order} the routes, answers unknown paths itself`, async t => {
    const app = Fastify()
    t.teardown(() => app.close())
    for (const add of register) await add(app)
    await ours(app, '/other')
    for (const [path, body] of [
      ['/v1/nope', { own: '/v1/nope' }],
      ['/v1', { own: '/v1' }],
      ['/v1/chat/completions?a=b', { own: '/v1/chat/completions?a=b' }],
      ['/other/v1/nope', { error: { code: 'FST_SSE_PATH_UNKNOWN' } }],
      ['/nope', { message: 'Route GET:/nope not found' }]
    ] as const) {
      const response = await app.inject(path)
      t.equal(response.statusCode, 404)
      t.match(response.json(), body, path)
    }
    t.equal((await app.inject('/v1/mine')).body, 'mine')
    t.match((await app.inject('/v1/models')).json(), { object: 'list' })
    t.match((await app.inject('/v1/models/b')).json(), { error: { code: 'model_not_found' } })
  })
}

t.test('without one, unknown paths under /v1 have the form of OpenAI, and no others', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ root: true }))
  await ours(app)
  const long = 'x'.repeat(500)
  for (const path of ['/v1', '/v1/', '/v1/nope', '/v1/a/b/c?d=e', `/v1/${long}`, '/v1/models/../nope']) {
    for (const method of ['GET', 'POST', 'DELETE'] as const) {
      const response = await app.inject({ method, url: path })
      t.equal(response.statusCode, 404)
      t.match(response.json(), { error: { code: 'FST_SSE_PATH_UNKNOWN', type: 'not_found_error' } }, path)
    }
  }
  for (const path of ['/', '/nope', '/v2/models', '/v11', '/av1/b', `/${long}`, `/${long}/a`]) {
    t.same((await app.inject(path)).json(), { root: true }, path)
  }
})
