import Fastify from 'fastify'
import t from 'tap'
import sseFrom from '../../plugin/index.js'
import { agUiRoutes, chatRoutes, responsesRoutes, streamRoutes } from '../../routes/index.js'
import { build } from '../helpers/server.js'

const twice = {
  code: 'FST_SSE_ALREADY_REGISTERED',
  message: /^fastify-sse-from is registered already, here or in a scope around this one: register it once/
}

t.test('registered twice, the plugin says so', async t => {
  const app = Fastify()
  await app.register(sseFrom)
  await t.rejects(async () => void (await app.register(sseFrom, { heartbeat: false })), twice)
})

t.test('registered again in a scope inside', async t => {
  const app = Fastify()
  app.register(sseFrom)
  app.register(async child => void (await child.register(sseFrom)))
  await t.rejects(async () => void (await app.ready()), twice)
})

t.test('registered by the ready routes', async t => {
  const app = Fastify()
  app.register(streamRoutes, { generate: async function* () {} as never })
  await app.ready()
  t.notOk(app.hasReplyDecorator('sseFrom'), 'they keep it to themselves')
})

t.test('registered after ready routes, which its owner would not protect', async t => {
  const inside = { code: twice.code, message: /already, in a scope inside this one.*register it before them/ }
  const app = Fastify()
  app.register(streamRoutes, { generate: async function* () {} as never })
  app.register(sseFrom, { resumable: { owner: () => 'me' } })
  await t.rejects(async () => void (await app.ready()), inside)
  const nested = Fastify()
  nested.register(async child => {
    child.register(async grandchild => void (await grandchild.register(sseFrom)))
  })
  nested.register(sseFrom, { heartbeat: false })
  await t.rejects(async () => void (await nested.ready()), inside)
  const equal = Fastify()
  equal.register(streamRoutes, { generate: async function* () {} as never })
  equal.register(sseFrom)
  await equal.ready()
  t.ok(equal.hasReplyDecorator('sseFrom'), 'without options, it differs in nothing')
})

t.test('ready routes refuse resumable options that the plugin would refuse', async t => {
  const generate = async function* () {} as never
  for (const resumable of [{ ownr: () => 'me' }, { onDisconnect: 'abandon' }, { owner: 'me' }, 'yes'] as never[]) {
    for (const routes of [streamRoutes, chatRoutes, agUiRoutes]) {
      const app = Fastify()
      app.register(routes, { generate, resumable })
      await t.rejects(async () => void (await app.ready()), { code: 'FST_SSE_OPTION_INVALID', message: /"resumable/ })
    }
    const app = Fastify()
    app.register(responsesRoutes, { generate, models: ['a'], resumable })
    await t.rejects(async () => void (await app.ready()), { code: 'FST_SSE_OPTION_INVALID', message: /"resumable/ })
  }
})

t.test('registered in two scopes beside each other', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  for (const prefix of ['/a', '/b']) {
    app.register(
      async child => {
        await child.register(sseFrom)
        child.get('/', (_request, reply) => reply.sseFrom(['Hello']))
      },
      { prefix }
    )
  }
  for (const url of ['/a', '/b']) t.match((await app.inject(url)).body, 'data: Hello\n\n')
})

t.test('an async handler that does not return its stream', async t => {
  const { app, log } = build(t)
  await app.after()
  const late = async function* () {
    await new Promise(setImmediate)
    yield 'Hello'
  }
  const owner = async () => 'me'
  app.get('/plain/:name', async (_request, reply) => void reply.sseFrom(late))
  app.get('/resumable', async (_request, reply) => void reply.sseFrom(late, { resumable: { id: 'a', owner } }))
  app.get('/follow', async (_request, reply) => void reply.sseResume('a', { owner }))
  app.get('/returned', async (_request, reply) => reply.sseFrom(late))
  app.get('/awaited', async (_request, reply) => void (await reply.sseFrom(late)))
  app.get('/sync', (_request, reply) => void reply.sseFrom(late))

  for (const [url, route] of [
    ['/plain/x', '/plain/:name'],
    ['/resumable', '/resumable'],
    ['/follow', '/follow']
  ]) {
    log.length = 0
    const { statusCode, body } = await app.inject(url as string)
    t.equal(statusCode, 200)
    t.match(body, /data: Hello\n\n.*event: done\n/s, 'the stream goes out')
    t.strictSame(
      log.filter(({ level }) => level >= 40).map(({ msg }) => msg),
      [`an async handler or hook of GET ${route} does not return its stream: return reply.sseFrom(...), or await it`]
    )
  }
  for (const url of ['/returned', '/awaited', '/sync']) {
    log.length = 0
    t.match((await app.inject(url)).body, /data: Hello\n\n/)
    t.strictSame(
      log.filter(({ level }) => level >= 40),
      []
    )
  }
})

t.test('what is sent in place of a stream may be empty', async t => {
  const { app } = build(t)
  await app.after()
  app.setErrorHandler((_error, _request, reply) => reply.send())
  const failing = () => {
    throw new Error('no')
  }
  app.get('/fails', (_request, reply) => reply.sseFrom(failing))
  app.get('/throws', async (_request, reply) => {
    reply.sseFrom(() => new Promise<string[]>(() => {}))
    throw new Error('no')
  })
  app.get('/invalid', async (_request, reply) => reply.sseFrom(failing, { heartbeat: -1 }))
  app.get('/gives-up', (_request, reply) => {
    reply.sseFrom(() => new Promise<string[]>(() => {}))
    setImmediate(() => reply.code(503).send())
  })
  app.get('/has-all', (_request, reply) => reply.sseFrom(failing))
  for (const url of ['/fails', '/throws', '/invalid']) t.match(await app.inject(url), { statusCode: 500, body: '' })
  t.match(await app.inject('/gives-up'), { statusCode: 503, body: '' })
  const headers = { 'last-event-id': 'fastify-sse-from:end' }
  t.match(await app.inject({ url: '/has-all', headers }), { statusCode: 204, body: '' })
})
