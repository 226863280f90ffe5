import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import t from 'tap'
import sseFrom from '../../plugin/index.js'
import { injectSse, scriptedSource } from '../../testing/index.js'
import { Steps } from '../helpers/steps.js'

const begin = (reply: FastifyReply) =>
  reply.raw.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: a\n\n')

/** What an app may do that never ends its answer. */
const silent: Record<string, (app: FastifyInstance, onStart: () => void) => void> = {
  'a handler that hijacks the reply': (app, onStart) =>
    app.get('/', (_request, reply) => {
      reply.hijack()
      onStart()
    }),
  'a hook that hijacks the reply': (app, onStart) => {
    app.addHook('onRequest', async (_request, reply) => {
      reply.hijack()
      onStart()
    })
    app.get('/', () => 'never')
  },
  'a handler that never answers': (app, onStart) =>
    app.get('/', () => {
      onStart()
      return new Promise(() => {})
    })
}

for (const options of [{}, { http2: true }]) {
  const version = 'http2' in options ? 'HTTP/2' : 'HTTP/1.1'

  for (const [name, add] of Object.entries(silent)) {
    t.test(`a request to an app that has closed fails: ${name}, over ${version}`, async t => {
      const app = Fastify(options as object) as FastifyInstance
      const started = new Promise<void>(resolve => add(app, resolve))
      const answer = injectSse(app, '/')
      await started
      await app.close()
      const error = await answer.catch((error: Error & { cause?: Error }) => error)
      t.match(error, { code: 'ECONNRESET' })
      t.match(String((error as Error).cause ?? error), /the app was closed, and has not ended its answer/)
    })
  }

  t.test(`an answer that a handler has hijacked and begun is broken off, over ${version}`, async t => {
    const app = Fastify(options as object) as FastifyInstance
    app.get('/', (_request, reply) => {
      reply.hijack()
      begin(reply)
    })
    const stream = await injectSse(app, '/')
    t.match(await stream.next(), { data: 'a' })
    await app.close()
    await t.rejects(stream.next(), { code: 'SSE_TRUNCATED' })
    t.equal(stream.state, 'truncated')
  })

  t.test(`an answer that comes soon after is not lost, over ${version}`, async t => {
    const app = Fastify(options as object) as FastifyInstance
    const steps = new Steps()
    const started = new Promise<void>(resolve => {
      app.get('/', async () => {
        resolve()
        await steps.next()
        return 'late'
      })
    })
    const answer = injectSse(app, '/')
    await started
    await app.close()
    steps.go()
    t.equal(await (await answer).body(), 'late')
  })
}

t.test('an app that listens and one that is closed before it is asked', async t => {
  const app = Fastify()
  await app.register(sseFrom, { drainTimeout: 0 })
  app.get('/', (_request, reply) => reply.sseFrom(source))
  const source = scriptedSource<string>()
  source.give('a')
  await app.listen({ port: 0 })
  const stream = await injectSse(app, '/')
  await app.close()
  await t.rejects(stream.text(), { code: 'SSE_TRUNCATED' })
  await t.rejects(injectSse(app, '/'), { code: 'ECONNRESET' })
})

t.test('many requests of one app add one listener', async t => {
  const app = Fastify()
  app.get('/', (_request, reply) => {
    reply.hijack()
    begin(reply)
  })
  const before = app.server.listenerCount('close')
  const streams = await Promise.all(Array.from({ length: 20 }, () => injectSse(app, '/')))
  t.equal(app.server.listenerCount('close'), before + 1)
  for (const stream of streams) stream.disconnect()
  await app.close()
})
