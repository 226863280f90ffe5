import swagger from '@fastify/swagger'
import { EventSource } from 'eventsource'
import Fastify, { type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { openStream } from '../../../client/index.js'
import { type StreamRoutesOptions, streamRoutes, textGenerate } from '../../../routes/index.js'
import { build, serve } from '../../helpers/server.js'

const generate = textGenerate(async function* () {
  yield 'Hello'
  return { finishReason: 'stop' }
})

/** The user in a ticket: `t-me` is `me`. */
function owner({ query }: FastifyRequest): string {
  const { ticket } = query as { ticket?: unknown }
  if (typeof ticket !== 'string' || !ticket.startsWith('t-')) {
    throw Object.assign(new Error('no ticket'), { statusCode: 401 })
  }
  return ticket.slice(2)
}

const options: StreamRoutesOptions = { generate, queryParameters: ['ticket'], resumable: { owner } }

/** What an EventSource receives until `done`, or until it gives up. */
function listen(url: string): Promise<string[]> {
  const all: string[] = []
  return new Promise(resolve => {
    const source = new EventSource(url)
    const end = () => {
      source.close()
      resolve(all)
    }
    source.addEventListener('message', ({ data }) => all.push(data))
    source.addEventListener('done', end)
    source.addEventListener('error', ({ code }) => {
      if (source.readyState !== EventSource.CLOSED) return
      all.push(String(code))
      end()
    })
  })
}

t.test('an EventSource signs in with a ticket in its query', async t => {
  const { url } = await serve(t, app => app.register(streamRoutes, options))
  t.strictSame(await listen(`${url}/stream?prompt=hi&ticket=t-me`), ['Hello'])
  t.strictSame(await listen(`${url}/stream?prompt=hi&ticket=forged`), ['401'])
  t.strictSame(await listen(`${url}/stream?prompt=hi`), ['401'])
})

t.test('the client begins, follows and stops an answer with it', async t => {
  const { url } = await serve(t, app => app.register(streamRoutes, options))
  const stream = openStream(`${url}/stream?ticket=t-me`, { body: { prompt: 'hi' } })
  t.equal(await stream.text(), 'Hello')
  const again = openStream(`${url}/stream?ticket=t-me`, { resume: stream.id })
  t.equal(await again.text(), 'Hello')
  const others = openStream(`${url}/stream?ticket=t-you`, { resume: stream.id, maxRetries: 0 })
  t.match(await others.text().catch(error => error), { statusCode: 404 })
  t.equal(await openStream(`${url}/stream?ticket=t-me`, { resume: stream.id }).stop(), true)
  t.equal(await openStream(`${url}/stream?ticket=t-you`, { resume: stream.id }).stop(), false)
})

t.test('what is not among them is refused, and the error names them', async t => {
  const { app } = build(t)
  app.register(streamRoutes, options)
  const ask = async (url: string, body?: object) =>
    (await app.inject(body === undefined ? { url } : { url, body, method: 'POST' })).json()
  t.match(await ask('/stream?prompt=a&ticket=t-a&b=c'), {
    statusCode: 400,
    message: 'query/b is unknown; known are prompt, lastEventId, ticket'
  })
  t.match(await ask('/stream?ticket=t-a&b=c', { prompt: 'a' }), {
    statusCode: 400,
    message: 'query/b is unknown; known are lastEventId, ticket'
  })
  t.match(await ask('/stream?prompt=a&ticket=t-a&ticket=t-b'), { statusCode: 401 }, 'the app checks its own')
})

/** The names of the query parameters of an app's routes, as OpenAPI has them. */
async function documented(t: Test, options: StreamRoutesOptions): Promise<Record<string, string[]>> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(swagger, { openapi: { openapi: '3.2.0', info: { title: 'a', version: '1' } } })
  await app.register(streamRoutes, options)
  await app.ready()
  const { paths } = app.swagger() as { paths: Record<string, Record<string, { parameters?: Parameter[] }>> }
  return Object.fromEntries(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { parameters = [] }]) => [
        `${method} ${path}`,
        parameters.filter(parameter => parameter.in === 'query').map(({ name }) => name)
      ])
    )
  )
}

interface Parameter {
  readonly in: string
  readonly name: string
}

t.test('OpenAPI documents have them', async t => {
  t.strictSame(await documented(t, options), {
    'get /stream': ['prompt', 'lastEventId', 'ticket'],
    'post /stream': ['lastEventId', 'ticket'],
    'get /stream/{id}': ['ticket'],
    'delete /stream/{id}': ['ticket']
  })
  t.strictSame(await documented(t, { generate }), {
    'get /stream': ['prompt', 'lastEventId'],
    'post /stream': ['lastEventId'],
    'get /stream/{id}': [],
    'delete /stream/{id}': []
  })
})

for (const [wrong, parameter] of [
  ['ticket', undefined],
  [[5], undefined],
  [[''], undefined],
  [null, undefined],
  [['prompt'], undefined],
  [['ticket', 'ticket'], undefined],
  [['lastEventId'], undefined],
  [['last'], 'last']
] as const) {
  t.test(`${JSON.stringify(wrong)} is refused`, async t => {
    const { app } = build(t, { plugin: { lastEventIdParameter: parameter } })
    const registered = app.register(streamRoutes, { generate, queryParameters: wrong as never })
    await t.rejects(async () => registered, {
      code: 'FST_SSE_OPTION_INVALID',
      message:
        'option "queryParameters" takes a list of names of query parameters that your app reads, each once, ' +
        `without prompt and ${parameter ?? 'lastEventId'}`
    })
  })
}

t.test('where the plugin reads no parameter, its name is free', async t => {
  const { app } = build(t, { plugin: { lastEventIdParameter: false } })
  app.register(streamRoutes, { generate, queryParameters: ['lastEventId'] })
  t.equal((await app.inject('/stream?prompt=a&lastEventId=b')).statusCode, 200)
})
