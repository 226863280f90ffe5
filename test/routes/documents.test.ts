import swagger from '@fastify/swagger'
import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import sseFrom, { eventStream, type PluginOptions, type ResumableOptions } from '../../plugin/index.js'
import {
  agUiRoutes,
  anthropicRoutes,
  chatRoutes,
  openAiRoutes,
  responsesRoutes,
  streamRoutes,
  textGenerate
} from '../../routes/index.js'

interface Operation {
  security?: object[]
  responses: Record<string, { headers?: Record<string, object>; content?: Record<string, { schema: object }> }>
}

type Paths = Record<string, Record<string, Operation>>

const generate = textGenerate(async function* () {
  yield 'Hello'
  return { finishReason: 'stop' }
})

const openapi = () => ({
  openapi: '3.2.0',
  info: { title: 'a', version: '1' },
  components: { securitySchemes: { token: { type: 'http' as const, scheme: 'bearer' } } }
})

/** The paths in the OpenAPI document of an app with all ready routes. */
async function documented(
  t: Test,
  resumable: boolean | ResumableOptions,
  plugin: PluginOptions = {},
  setup: (app: FastifyInstance) => unknown = () => {}
): Promise<Paths> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(swagger, { openapi: openapi() })
  await app.register(sseFrom, plugin)
  await setup(app)
  const models = { generate, models: ['a'] }
  for (const routes of [streamRoutes, chatRoutes, agUiRoutes]) await app.register(routes, { generate, resumable })
  await app.register(responsesRoutes, { ...models, resumable })
  await app.register(openAiRoutes, models)
  await app.register(anthropicRoutes, { generate })
  await app.ready()
  return (app.swagger() as unknown as { paths: Paths }).paths
}

/** `get /stream` and the like, for each route that is about an answer. */
function operations(paths: Paths): [string, Operation][] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation])
  )
}

/** The routes whose responses have this status. */
function having(paths: Paths, status: string): string[] {
  return operations(paths).flatMap(([name, { responses }]) => (status in responses ? [name] : []))
}

const begins = ['get /stream', 'post /stream', 'post /api/chat', 'post /agent', 'post /v1/responses']
const owned = [
  ...begins,
  'get /stream/{id}',
  'delete /stream/{id}',
  'get /api/chat/{id}/stream',
  'delete /api/chat/{id}/stream',
  'get /agent/{id}/stream',
  'delete /agent/{id}/stream',
  'get /v1/responses/{id}',
  'delete /v1/responses/{id}',
  'post /v1/responses/{id}/cancel',
  'get /v1/responses/{id}/input_items'
]
const limited = [...begins, 'post /v1/chat/completions', 'post /v1/messages']

t.test('401 and 403 are documented where answers have owners, whose routes may refuse any request', async t => {
  const paths = await documented(t, { owner: () => 'me' })
  for (const status of ['401', '403']) t.strictSame(having(paths, status).sort(), [...owned].sort())
  const error = paths['/stream']?.get?.responses[401]?.content?.['application/json']?.schema
  t.match(error, { type: 'object', properties: { statusCode: {}, message: {} } })
  const openAiError = paths['/v1/responses']?.post?.responses[401]?.content?.['application/json']?.schema
  t.match(openAiError, { properties: { error: { properties: { message: {}, param: {} } } } })
})

t.test('the owner of the plugin counts, too, and without one there is none', async t => {
  const paths = await documented(t, true, { resumable: { owner: () => 'me' } })
  t.strictSame(having(paths, '401').sort(), [...owned].sort())
  t.strictSame(having(await documented(t, true), '401'), [])
  t.strictSame(having(await documented(t, false, { resumable: { owner: () => 'me' } }), '401'), [])
})

t.test('429 and 503 are documented where an answer begins, with the header that says when to come back', async t => {
  const paths = await documented(t, true)
  for (const status of ['429', '503']) {
    t.strictSame(having(paths, status).sort(), [...limited].sort())
    for (const [name, { responses }] of operations(paths)) {
      if (status in responses)
        t.match(responses[status]?.headers, { 'retry-after': { schema: { type: 'string' } } }, name)
    }
  }
  const unlimited = await documented(t, true, { maxStreamsPerConnection: false })
  t.strictSame(having(unlimited, '429'), [], 'no limit, no 429 but of the provider')
  const ofOwners = await documented(t, true, { maxStreamsPerConnection: false, maxStreamsPerOwner: 3 })
  t.strictSame(having(ofOwners, '429').sort(), [...limited].sort())
})

t.test('the id of a resumable stream is a header of its response', async t => {
  const withId = (paths: Paths) =>
    operations(paths)
      .filter(([, { responses }]) => 'x-stream-id' in (responses[200]?.headers ?? {}))
      .map(([name]) => name)
  const followed = ['get /stream/{id}', 'get /api/chat/{id}/stream', 'get /agent/{id}/stream']
  const answered = begins.filter(name => name !== 'post /v1/responses')
  const paths = await documented(t, true)
  t.strictSame(withId(paths).sort(), [...answered, ...followed].sort())
  const schema = { schema: { type: 'string' }, description: String }
  t.match(paths['/stream']?.get?.responses[200]?.headers, { 'x-stream-id': schema })
  t.match(paths['/agent']?.post?.responses[200]?.headers, { 'x-stream-id': schema })
  t.notOk(withId(await documented(t, false)).some(name => /chat|agent/.test(name)))
})

t.test('a route of your own has the header, and its own security and refusals', async t => {
  const paths = await documented(t, true, {}, app => {
    const error = (description: string) => ({ ...Type.Object({ message: Type.String() }), description })
    app.get(
      '/own',
      {
        schema: {
          security: [{ token: [] }],
          response: { 200: eventStream({ message: Type.String() }), 401: error('Sign in first') }
        }
      },
      (_request, reply) => reply.sseFrom(['a'])
    )
  })
  const own = paths['/own']?.get
  t.strictSame(own?.security, [{ token: [] }])
  t.match(own?.responses, {
    200: { headers: { 'x-stream-id': { schema: { type: 'string' }, description: String } } },
    401: { description: 'Sign in first', content: { 'application/json': {} } }
  })
})

t.test('a hook gives the ready routes their security', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(swagger, { openapi: openapi() })
  await app.register(async scope => {
    scope.addHook('onRoute', route => {
      route.schema = { ...route.schema, security: [{ token: [] }] }
    })
    await scope.register(streamRoutes, { generate })
  })
  await app.register(anthropicRoutes, { generate })
  await app.ready()
  const { paths } = app.swagger() as unknown as { paths: Paths }
  for (const [name, { security }] of operations(paths)) {
    t.strictSame(security, name.includes('/stream') ? [{ token: [] }] : undefined, name)
  }
  t.match((await app.inject('/stream?prompt=hi')).body, 'data: Hello')
})
