import Anthropic from '@anthropic-ai/sdk'
import cors from '@fastify/cors'
import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance } from 'fastify'
import OpenAI from 'openai'
import t, { type Test } from 'tap'
import {
  anthropicRoutes,
  apiKeyGuard,
  corsOptions,
  type Generate,
  openAiRoutes,
  responsesRoutes
} from '../../../routes/index.js'
import { serve } from '../../helpers/server.js'

const generate: Generate = async function* () {
  yield 'hi'
  return { finishReason: 'stop' }
}

const asAnthropic = { 'anthropic-version': '2023-06-01' }

const openAi = (app: FastifyInstance) => app.register(openAiRoutes, { generate, models: ['a', 'meta/b'] })
const responses = (app: FastifyInstance) => app.register(responsesRoutes, { generate, models: ['r'] })
const claude = (app: FastifyInstance) => app.register(anthropicRoutes, { generate })
const ownModels = (app: FastifyInstance) => app.register(anthropicRoutes, { generate, models: ['c', 'd/e', 'f'] })

/** A server with some routes, and a client of each API. */
async function clients(t: Test, ...register: ((app: FastifyInstance) => unknown)[]) {
  const { url } = await serve(t, async app => {
    for (const add of register) await add(app)
  })
  return {
    url,
    anthropic: new Anthropic({ baseURL: url, apiKey: 'key', maxRetries: 0 }),
    openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'key', maxRetries: 0 })
  }
}

const model = (id: string) => ({
  type: 'model',
  id,
  display_name: id,
  created_at: '1970-01-01T00:00:00Z',
  lifecycle: 'active',
  line: null,
  capabilities: null,
  max_input_tokens: null,
  max_tokens: null,
  deprecated_at: null,
  retires_at: null
})

for (const [order, routes] of [
  ['before', [claude, openAi, responses]],
  ['after', [responses, openAi, claude]]
] as const) {
  t.test(`each SDK lists models in the form of its API, with Anthropic's routes ${order} OpenAI's`, async t => {
    const { anthropic, openai, url } = await clients(t, ...routes)
    const page = await anthropic.models.list()
    t.same(page.data, [model('a'), model('meta/b')], 'without models of its own, it has those of OpenAI')
    t.match(page, { has_more: false, first_id: 'a', last_id: 'meta/b' })
    t.same(await anthropic.models.retrieve('meta/b'), model('meta/b'))
    t.same(await anthropic.models.retrieve('other'), model('other'), 'any model may be asked for')
    t.same((await anthropic.beta.models.list()).data[0], model('a'))

    const list = await openai.models.list()
    t.match(list.data, [
      { object: 'model', id: 'a', owned_by: 'server' },
      { object: 'model', id: 'meta/b' }
    ])
    t.match(await openai.models.retrieve('meta/b'), { object: 'model', id: 'meta/b' })
    const error = await openai.models.retrieve('other').catch((error: unknown) => error)
    t.match(error, { status: 404, code: 'model_not_found' })

    for (const path of ['/v1/models', '/v1/models/a']) {
      for (const headers of [{}, asAnthropic]) {
        t.equal((await fetch(url + path, { headers })).headers.get('vary'), 'anthropic-version', path)
        t.equal((await fetch(url + path, { headers, method: 'HEAD' })).status, 200, path)
      }
    }
  })
}

t.test("Anthropic's routes alone list their models, for clients that name no version too", async t => {
  const { anthropic, url } = await clients(t, ownModels)
  t.same((await anthropic.models.list()).data, ['c', 'd/e', 'f'].map(model))
  t.same(await anthropic.models.retrieve('d/e'), model('d/e'))
  const error = await anthropic.models.retrieve('other').catch((error: unknown) => error)
  t.type(error, Anthropic.NotFoundError)
  t.match(error, { error: { type: 'error', error: { type: 'not_found_error', message: /no such model/ } } })
  const response = await fetch(`${url}/v1/models`)
  t.match(await response.json(), { data: [{ type: 'model' }, {}, {}], has_more: false })
  t.equal(response.headers.get('vary'), null, 'there is only one form')
})

t.test("OpenAI's routes alone have only their own form", async t => {
  const { url } = await clients(t, openAi)
  const response = await fetch(`${url}/v1/models`, { headers: asAnthropic })
  t.match(await response.json(), { object: 'list', data: [{ object: 'model' }, {}] })
  t.equal(response.headers.get('vary'), null)
})

t.test('a server that takes any model and names none has an empty list', async t => {
  const { anthropic } = await clients(t, claude)
  const page = await anthropic.models.list()
  t.same(page.data, [])
  t.match(page, { has_more: false, first_id: null, last_id: null })
  t.same(await anthropic.models.retrieve('any'), model('any'))
})

t.test('the SDK reads all pages, in both directions', async t => {
  const { anthropic, url } = await clients(t, ownModels)
  const idsOf = async (list: AsyncIterable<{ id: string }>) => {
    const ids: string[] = []
    for await (const { id } of list) ids.push(id)
    return ids
  }
  for (const limit of [1, 2, 3, 1000]) t.same(await idsOf(anthropic.models.list({ limit })), ['c', 'd/e', 'f'])
  const first = await anthropic.models.list({ limit: 2 })
  t.match(first, { has_more: true, first_id: 'c', last_id: 'd/e' })
  t.same((await first.getNextPage()).data, [model('f')])
  t.same(await idsOf(anthropic.models.list({ after_id: 'c' })), ['d/e', 'f'])
  t.match(await anthropic.models.list({ before_id: 'f', limit: 1 }), { data: [{ id: 'd/e' }], has_more: true })
  t.same(await idsOf(anthropic.models.list({ before_id: 'f', limit: 1 })), ['d/e', 'c'])
  for (const query of [
    'limit=0',
    'limit=1001',
    'limit=x',
    'limit=1.5',
    'limit=1&limit=2',
    'after_id=x',
    'before_id='
  ]) {
    const response = await fetch(`${url}/v1/models?${query}`)
    t.equal(response.status, 400, query)
    const [name = ''] = query.split('=')
    const error = { type: 'invalid_request_error', message: new RegExp(`^${name} takes `) }
    t.match(await response.json(), { type: 'error', error }, query)
  }
})

t.test('each API keeps the hooks of its own scope, and errors of hooks have its form', async t => {
  const guarded = (key: string, add: (app: FastifyInstance) => unknown) => (app: FastifyInstance) =>
    app.register(async scope => {
      scope.addHook('onRequest', apiKeyGuard({ keys: [key] }))
      await add(scope)
    })
  const { url } = await clients(t, guarded('for-openai', openAi), guarded('for-anthropic', claude))
  const ask = async (headers: Record<string, string>) => {
    const response = await fetch(`${url}/v1/models`, { headers })
    return { status: response.status, body: await response.json() }
  }
  t.match(await ask({ authorization: 'Bearer for-openai' }), { status: 200, body: { object: 'list' } })
  t.match(await ask({ 'x-api-key': 'for-anthropic' }), { status: 401, body: { error: { param: null } } })
  t.match(await ask({ ...asAnthropic, 'x-api-key': 'for-anthropic' }), { status: 200, body: { has_more: false } })
  t.match(await ask({ ...asAnthropic, 'x-api-key': 'for-openai' }), { status: 401, body: { type: 'error' } })
})

t.test('what other hooks vary the answer by is kept', async t => {
  const { url } = await clients(
    t,
    app => app.register(cors, corsOptions({ origins: ['https://app.example.com', 'https://b.example.com'] })),
    openAi,
    claude
  )
  const headers = { origin: 'https://app.example.com' }
  t.equal((await fetch(`${url}/v1/models`, { headers })).headers.get('vary'), 'Origin, anthropic-version')
})

t.test('each prefix and each app has APIs of its own', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(openAiRoutes, { generate, models: ['a'], prefix: '/x' })
  await app.register(anthropicRoutes, { generate, models: ['b'], prefix: '/y' })
  await app.register(openAiRoutes, { generate, models: ['c'], prefix: '/z' })
  await app.register(anthropicRoutes, { generate, prefix: '/z' })
  const ask = async (url: string) => (await app.inject({ url, headers: asAnthropic })).json()
  t.match(await ask('/x/v1/models'), { object: 'list', data: [{ id: 'a' }] })
  t.match(await ask('/y/v1/models'), { has_more: false, data: [{ id: 'b' }] })
  t.match(await ask('/z/v1/models'), { has_more: false, data: [{ id: 'c' }] })
})

t.test('a /v1/models of the app still answers all but clients of Anthropic, which goes for no other path', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/v1/models', () => 'mine')
  await app.register(anthropicRoutes, { generate, models: ['b'] })
  t.equal((await app.inject('/v1/models')).body, 'mine')
  t.match((await app.inject({ url: '/v1/models', headers: asAnthropic })).json(), { data: [{ id: 'b' }] })
  t.match((await app.inject('/v1/models/b')).json(), { id: 'b' })
})

t.test('the OpenAPI document has the models once, as the first API lists them', async t => {
  for (const [routes, properties] of [
    [[openAi, ownModels], { object: {}, data: {} }],
    [[ownModels, openAi], { data: {}, has_more: {} }]
  ] as const) {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(swagger, { openapi: { openapi: '3.1.0', info: { title: 'a', version: '1' } } })
    for (const add of routes) await add(app)
    await app.ready()
    t.match(app.swagger(), {
      paths: {
        '/v1/models': { get: { responses: { 200: { content: { 'application/json': { schema: { properties } } } } } } }
      }
    })
  }
})
