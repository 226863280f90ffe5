import Anthropic from '@anthropic-ai/sdk'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { anthropicRoutes, apiKeyGuard, type Generate, openAiRoutes, responsesRoutes } from '../../../routes/index.js'

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

const asAnthropic = { 'anthropic-version': '2023-06-01' }
const openAiForm = { error: { code: 'FST_SSE_PATH_UNKNOWN', type: 'not_found_error', param: null } }
const anthropicForm = { type: 'error', error: { type: 'not_found_error', message: /does not have (GET|POST) / } }

const anthropic = (app: FastifyInstance) => app.register(anthropicRoutes, { generate })
const responses = (app: FastifyInstance) => app.register(responsesRoutes, { generate, models: ['a'] })

/** What an app answers to a client of each API. */
async function answers(app: FastifyInstance, url: string) {
  const bodies: object[] = []
  for (const headers of [{}, asAnthropic]) {
    for (const method of ['GET', 'POST'] as const) {
      const response = await app.inject({ method, url, headers })
      t.equal(response.statusCode, 404, url)
      bodies.push(response.json())
    }
  }
  return bodies
}

t.test('where there is only one API, unknown paths have its form for all clients', async t => {
  for (const [register, form] of [
    [anthropic, anthropicForm],
    [responses, openAiForm],
    [(app: FastifyInstance) => ours(app), openAiForm]
  ] as const) {
    const app = Fastify()
    t.teardown(() => app.close())
    await register(app)
    for (const path of ['/v1', '/v1/nope', '/v1/files/a?b=c']) {
      t.match(await answers(app, path), [form, form, form, form], path)
    }
    t.match((await app.inject('/nope')).json(), { message: 'Route GET:/nope not found' })
  }
})

for (const [order, register] of [
  ['after', [ours, responses, anthropic]],
  ['before', [anthropic, responses, ours]]
] as const) {
  t.test(`where there are both, each client gets the form of its API, with Anthropic's routes ${order}`, async t => {
    const app = Fastify()
    t.teardown(() => app.close())
    for (const add of register) await add(app)
    for (const path of ['/v1', '/v1/nope', '/v1/messagesx']) {
      t.match(await answers(app, path), [openAiForm, openAiForm, anthropicForm, anthropicForm], path)
    }
    for (const path of ['/v1/messages/batches', '/V1/Messages/x?y=z']) {
      t.match(await answers(app, path), [anthropicForm, anthropicForm, anthropicForm, anthropicForm], path)
    }
    t.match((await app.inject('/v1/messages')).json(), anthropicForm)
  })
}

t.test('the SDK of Anthropic gets an error that it can read', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.addHook('onRequest', apiKeyGuard({ keys: ['key'] }))
  await ours(app)
  await anthropic(app)
  const baseURL = await app.listen({ port: 0, host: '127.0.0.1' })
  const ask = (apiKey: string) =>
    new Anthropic({ baseURL, apiKey, maxRetries: 0 }).messages.batches.list().catch((error: unknown) => error)
  t.type(await ask('key'), Anthropic.NotFoundError)
  t.match(await ask('key'), { error: { type: 'error', error: { type: 'not_found_error' } } })
  t.match(await ask('other'), { status: 401, error: { type: 'error', error: { type: 'authentication_error' } } })
})
