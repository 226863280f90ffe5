import { execFile } from 'node:child_process'
import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import sseFrom, { eventStream, type PluginOptions } from '../../plugin/index.js'
import { type InjectSseOptions, injectSse, scriptedSource } from '../../testing/index.js'
import { certificate } from '../helpers/certificate.js'
import { settled, until } from '../helpers/until.js'

const Tokens = eventStream({
  message: Type.String(),
  progress: Type.Object({ done: Type.Number() }),
  title: Type.String(),
  done: Type.Object({ finishReason: Type.String() })
})

type RawReply = FastifyReply['raw']

interface Kind {
  name: string
  options: object
}

const kinds: Kind[] = [
  { name: 'http/1.1', options: {} },
  { name: 'http/2', options: { http2: true } },
  { name: 'https', options: { https: certificate } },
  { name: 'http/2 over tls', options: { http2: true, https: certificate } }
]

async function makeApp(t: Test, plugin: PluginOptions = {}, options: object = {}): Promise<FastifyInstance> {
  const app = Fastify(options as FastifyServerOptions) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await app.register(sseFrom, plugin)
  return app
}

/** Breaks a response off so that the client notices, over HTTP/2 too. */
function breakOff(raw: RawReply): void {
  if ('stream' in raw) (raw.stream as ServerHttp2Stream).close(constants.NGHTTP2_INTERNAL_ERROR)
  else raw.destroy()
}

for (const { name, options } of kinds) {
  t.test(`reads a stream of an app that does not listen, over ${name}`, async t => {
    const app = await makeApp(t, {}, options)
    const source = scriptedSource<string, object>()
    let seen: unknown
    app.post('/stream', (request, reply) => {
      seen = [request.ip, request.protocol]
      return reply.header('x-own', 'yes').sseFrom(source)
    })
    source.give('Hello', ' world')
    source.end({ finishReason: 'stop' })
    const stream = await injectSse(app, { url: '/stream?a=1', query: { b: '2 3' }, body: { prompt: 'Hi' } })
    t.equal(stream.status, 200)
    t.equal(stream.headers['x-own'], 'yes')
    t.strictSame(
      (await stream.events()).map(({ event, data }) => ({ event, data })),
      [
        { event: 'message', data: 'Hello' },
        { event: 'message', data: ' world' },
        { event: 'done', data: { finishReason: 'stop' } }
      ]
    )
    t.equal(await stream.text(), 'Hello world')
    t.equal(stream.state, 'ended')
    const { request } = (await source.run()).context
    t.strictSame(request?.body, { prompt: 'Hi' })
    t.strictSame({ ...(request?.query as object) }, { a: '1', b: '2 3' })
    t.strictSame(seen, ['127.0.0.1', 'https' in options ? 'https' : 'http'])
    t.notOk(app.server.listening)
  })

  t.test(`tells the source that the client has left, over ${name}`, async t => {
    const app = await makeApp(t, {}, options)
    const source = scriptedSource<string>()
    app.get('/stream', (_request, reply) => reply.sseFrom(source))
    source.give('Hello')
    const stream = await injectSse(app, '/stream')
    t.equal((await stream.next())?.data, 'Hello')
    stream.disconnect()
    const run = await source.run()
    await run.over
    t.equal(run.signal.reason?.reason, 'left')
    t.equal(stream.state, 'disconnected')
    t.equal(await stream.next(), undefined, 'no error: it was the test that left')
    t.strictSame((await stream.events()).length, 1)
  })

  t.test(`tells a truncated response from a whole one, over ${name}`, async t => {
    const app = await makeApp(t, {}, options)
    app.get('/stream', (_request, reply) => {
      const source = scriptedSource<string>()
      source.give('Hello')
      void source.run().then(async run => {
        while (run.pulls < 2) await wait(1)
        breakOff(reply.raw)
      })
      return reply.sseFrom(source)
    })
    const stream = await injectSse(app, '/stream')
    await t.rejects(stream.events(), { code: 'SSE_TRUNCATED' })
    await t.rejects(stream.text(), { code: 'SSE_TRUNCATED' })
    t.equal(stream.state, 'truncated')
    t.strictSame(
      stream.received.map(({ data }) => data),
      ['Hello']
    )
    const loop = async () => {
      for await (const { event } of stream) t.equal(event, 'message')
    }
    await t.rejects(loop(), { code: 'SSE_TRUNCATED' })
  })

  t.test(`pauses the source while the client stalls, over ${name}`, async t => {
    const app = await makeApp(t, {}, options)
    const source = scriptedSource<string>()
    app.get('/stream', (_request, reply) => reply.sseFrom(source))
    source.give('first')
    const stream = await injectSse(app, '/stream')
    await stream.next()
    stream.stall()
    const big = 'x'.repeat(4096)
    const taken = source.give(...Array.from({ length: 1000 }, () => big))
    const run = await source.run()
    await settled('the source stands still', () => run.pulls)
    t.ok(run.pulls < 200, `${run.pulls} of 1001 items were asked for`)
    source.end()
    stream.resume()
    t.ok(await taken)
    t.equal((await stream.text()).length, 'first'.length + 1000 * big.length)
  })
}

t.test('gives the events of a schema their types and their data', async t => {
  const app = await makeApp(t)
  app.withTypeProvider<TypeBoxTypeProvider>().get('/stream', { schema: { response: { 200: Tokens } } }, (_, reply) =>
    reply.sseFrom(async function* () {
      yield { event: 'title' as const, data: '42' }
      yield { event: 'progress' as const, data: { done: 0.5 } }
      yield 'Hello'
      return { finishReason: 'stop' }
    })
  )
  const stream = await injectSse(app, { url: '/stream', schema: Tokens })
  const seen: unknown[] = []
  for await (const event of stream) {
    // The types of the data follow from the names.
    if (event.event === 'title') seen.push(event.data.toUpperCase())
    else if (event.event === 'progress') seen.push(event.data.done.toFixed(1))
    else if (event.event === 'message') seen.push(event.data.length)
    else if (event.event === 'done') seen.push(event.data.finishReason)
    else if (event.event === 'error') seen.push(event.data.statusCode)
  }
  t.strictSame(seen, ['42', '0.5', 5, 'stop'])
})

t.test('fails a stream whose events the schema does not allow', async t => {
  const app = await makeApp(t)
  app.get('/stream', (_, reply) => reply.sseFrom([{ event: 'other', data: 'x' }]))
  const stream = await injectSse(app, { url: '/stream', schema: Tokens })
  await t.rejects(stream.events(), { code: 'SSE_EVENT_INVALID', message: /declares no event "other"/ })
  t.equal(stream.state, 'ended')
})

t.test('reads data without a schema as JSON where it can be, and messages as text', async t => {
  const app = await makeApp(t)
  app.get('/stream', (_, reply) =>
    reply.sseFrom(['{"a":1}', { event: 'a', data: { b: [1] } }, { event: 'b', data: 'no JSON' }])
  )
  const stream = await injectSse(app, '/stream')
  const data = (await stream.events()).map(event => event.data)
  t.strictSame(data, ['{"a":1}', { b: [1] }, 'no JSON', {}])
})

t.test('gives an error response as it is', async t => {
  const app = await makeApp(t)
  app.get('/stream', (_, reply) =>
    reply.sseFrom(async function* () {
      yield* await Promise.reject<string[]>(Object.assign(new Error('too many'), { statusCode: 429 }))
    })
  )
  const stream = await injectSse(app, '/stream')
  t.equal(stream.status, 429)
  t.match(await stream.json(), { statusCode: 429, message: 'too many' })
  await t.rejects(stream.events(), { code: 'SSE_RESPONSE_INVALID', statusCode: 429, message: /too many/ })
  await t.rejects(stream.text(), { code: 'SSE_RESPONSE_INVALID' })
  t.equal(stream.state, 'ended')
  t.equal((await injectSse(app, '/nowhere')).status, 404)
})

t.test('gives the error event, and fails the text with it', async t => {
  const app = await makeApp(t)
  const source = scriptedSource<string>()
  app.get('/stream', (_, reply) => reply.sseFrom(source))
  source.give('Hello')
  source.fail(Object.assign(new Error('no more'), { statusCode: 422 }))
  const stream = await injectSse(app, '/stream')
  t.match(await stream.events(), [{ data: 'Hello' }, { event: 'error', data: { statusCode: 422, message: 'no more' } }])
  await t.rejects(stream.text(), { message: 'no more', statusCode: 422 })
})

t.test('refuses to join messages that are not text', async t => {
  const app = await makeApp(t)
  const Numbers = eventStream({ message: Type.Number() })
  app.get('/stream', { schema: { response: { 200: Numbers } } }, (_, reply) => reply.sseFrom([1, 2]))
  const stream = await injectSse(app, { url: '/stream', schema: Numbers })
  await t.rejects(stream.text(), TypeError)
})

t.test('gives comments, the reconnect delay and the body as it was sent', async t => {
  const app = await makeApp(t, { heartbeat: 10 })
  const source = scriptedSource<unknown>()
  app.get('/stream', (_, reply) => reply.sseFrom(source, { commitAfter: 0 }))
  const stream = await injectSse(app, '/stream')
  await until('a heartbeat', () => stream.comments.length > 0)
  t.equal(stream.comments[0], '')
  source.give({ retry: 1234, data: 'a\nb' })
  source.end()
  t.match(await stream.body(), /^(:\n)+retry: 1234\n/)
  t.equal(stream.retry, 1234)
  t.equal(await stream.text(), 'a\nb')
  t.ok(stream.comments.every(comment => comment === ''))
})

t.test('goes on in a second loop where the first has left', async t => {
  const app = await makeApp(t)
  const source = scriptedSource<string>()
  app.get('/stream', (_, reply) => reply.sseFrom(source))
  source.give('a', 'b')
  const stream = await injectSse(app, '/stream')
  for await (const { data } of stream) {
    t.equal(data, 'a')
    break
  }
  t.equal(stream.state, 'open', 'leaving a loop is not leaving the stream')
  source.end()
  const rest: unknown[] = []
  for await (const { data } of stream) rest.push(data)
  t.strictSame(rest, ['b', {}])
  t.equal((await stream.events()).length, 3, 'all of them')
  stream.disconnect()
  t.equal(stream.state, 'ended', 'too late')
})

t.test('comes back to a resumable stream with the last id', async t => {
  const app = await makeApp(t)
  const source = scriptedSource<string>()
  const answer = (_: unknown, reply: FastifyReply) => reply.sseFrom(source, { resumable: true })
  app.post('/chat', answer)
  app.get('/chat/:id', (request, reply) => reply.sseResume((request.params as { id: string }).id))
  source.give('a')
  const first = await injectSse(app, { url: '/chat?x=1', body: {}, headers: { 'X-Own': 'yes' } })
  const { data } = (await first.next()) ?? {}
  t.equal(data ?? '', 'a')
  t.type(first.id, 'string')
  const second = await first.reconnect()
  t.equal(first.state, 'disconnected')
  source.give('b')
  source.end()
  t.equal(await second.text(), 'b')
  t.equal(source.runs.length, 1, 'the source ran once')
  const whole = await second.reconnect({ lastEventId: undefined })
  t.equal(await whole.text(), 'ab')
  t.equal((await whole.reconnect()).status, 204, 'it has everything')
})

t.test('asks for a plain stream again as an EventSource does', async t => {
  const app = await makeApp(t)
  const asked: unknown[] = []
  app.get('/stream', ({ headers, url }, reply) => {
    asked.push([url, headers['last-event-id'], headers.cookie])
    return reply.sseFrom([{ id: 'grün', data: 'x' }], { end: false })
  })
  const stream = await injectSse(app, { url: '/stream?a=1', headers: { cookie: 'c=1' } })
  await stream.events()
  await (await stream.reconnect()).events()
  const latin1 = Buffer.from('grün').toString('latin1')
  t.strictSame(asked, [
    ['/stream?a=1', undefined, 'c=1'],
    ['/stream?a=1', latin1, 'c=1']
  ])
})

t.test('runs the hooks, and gives the app the address of the client', async t => {
  const app = await makeApp(t)
  app.addHook('onRequest', async (request, reply) => {
    if (request.ip === '10.0.0.1') return reply.code(403).send({ no: true })
  })
  app.get('/stream', (_, reply) => reply.sseFrom(['x']))
  t.equal((await injectSse(app, '/stream')).status, 200)
  const refused = await injectSse(app, { url: '/stream', remoteAddress: '10.0.0.1' })
  t.equal(refused.status, 403)
  t.strictSame(await refused.json(), { no: true })
})

t.test('sends text and bytes as they are, and any method', async t => {
  const app = await makeApp(t)
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.put('/stream', (request, reply) => reply.sseFrom([request.body as string]))
  for (const body of ['a=1', Buffer.from('a=1')]) {
    const headers = { 'content-type': 'text/own' }
    const stream = await injectSse(app, { url: '/stream', method: 'put', headers, body })
    t.equal(await stream.text(), 'a=1')
  }
})

t.test(
  'gives the last id of a block without data, and follows a stream that was asked for without a query',
  async t => {
    const app = await makeApp(t)
    app.post('/own/', (_, reply) => {
      reply.hijack()
      const head = { 'content-type': 'text/event-stream', 'x-stream-id': 'a b' }
      reply.raw.writeHead(200, head).end('id: 7\n\nevent: done\ndata: {}\n\n')
    })
    app.get('/own/:id', ({ params, headers }, reply) => reply.sseFrom([{ params, last: headers['last-event-id'] }]))
    const stream = await injectSse(app, { url: '/own/', method: 'POST' })
    t.match(await stream.events(), [{ event: 'done', id: undefined }])
    t.equal(stream.lastEventId, '7')
    const again = await (await stream.reconnect()).text()
    t.strictSame(JSON.parse(again), { params: { id: 'a b' }, last: '7' })
  }
)

t.test('says so if a response without a type is no event stream', async t => {
  const app = await makeApp(t)
  app.get('/none', (_, reply) => reply.code(200).send())
  const stream = await injectSse(app, '/none')
  await t.rejects(stream.events(), { code: 'SSE_RESPONSE_INVALID', message: /200, none/ })
})

t.test('fails where there is no response', async t => {
  const app = await makeApp(t)
  app.get('/nothing', (_, reply) => {
    reply.hijack()
    reply.raw.destroy()
  })
  await t.rejects(injectSse(app, '/nothing'), { code: 'ECONNRESET' })
  const broken = Fastify()
  broken.register(async () => {
    throw new Error('not ready')
  })
  await t.rejects(injectSse(broken, '/'), { message: 'not ready' })
})

t.test('leaves an app that closes nothing to wait for', async t => {
  const app = await makeApp(t, { drainTimeout: 0 })
  const source = scriptedSource<string>()
  app.get('/stream', (_, reply) => reply.sseFrom(source))
  source.give('a')
  const stream = await injectSse(app, '/stream')
  await stream.next()
  const waiting = t.rejects(stream.next(), { code: 'SSE_TRUNCATED' })
  await app.close()
  await waiting
  await t.rejects(stream.events(), { code: 'SSE_TRUNCATED' })
  t.type(stream.retry, 'number')
  t.equal((await source.run()).signal.reason?.reason, 'closing')
})

t.test('lets the timeouts of the server end a connection on which nothing happens', async t => {
  const app = await makeApp(t, {}, { connectionTimeout: 50 })
  app.get('/stream', (_, reply) => {
    // No stream of the plugin, which would lift the timeout.
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: a\n\n')
  })
  const stream = await injectSse(app, '/stream')
  await t.rejects(stream.events(), { code: 'SSE_TRUNCATED' })
})

t.test('gives the app a socket that takes what it is told', async t => {
  const app = await makeApp(t)
  app.get('/stream', ({ socket }, reply) => {
    socket
      .setNoDelay()
      .setKeepAlive()
      .unref()
      .ref()
      .setTimeout(60_000, () => {})
      .setTimeout(0)
    return reply.sseFrom(['a'])
  })
  const stream = await injectSse(app, '/stream')
  t.equal(await stream.text(), 'a')
  t.match(stream.headers.connection, 'keep-alive')
  const last = await injectSse(app, { url: '/stream', headers: { connection: 'close' } })
  t.equal(await last.text(), 'a')
  t.match(last.headers.connection, 'close')
})

t.test('is told at once that a connection is gone, whatever it has yet to write', async t => {
  const app = await makeApp(t)
  const source = scriptedSource<string>()
  app.get('/stream', (_, reply) => reply.sseFrom(source))
  const written = source.give(...Array.from({ length: 500 }, () => 'x'.repeat(4096)))
  const stream = await injectSse(app, '/stream')
  stream.stall()
  const run = await source.run()
  await settled('the source stands still', () => run.pulls)
  stream.disconnect()
  t.notOk(await written)
  t.equal(run.signal.reason?.reason, 'left')
})

const ends: Record<string, (stream: ServerHttp2Stream) => void> = {
  'destroys the stream': stream => stream.destroy(),
  'closes the stream': stream => stream.close(),
  'resets the stream': stream => stream.close(constants.NGHTTP2_CANCEL),
  'closes the session': stream => stream.session?.close(),
  'destroys the session': stream => stream.session?.destroy()
}
for (const [name, end] of Object.entries(ends)) {
  t.test(`fails over HTTP/2 where the server ${name} before it answers`, async t => {
    const app = Fastify({ http2: true })
    app.get('/nothing', (request, reply) => {
      reply.hijack()
      const { stream } = request.raw as unknown as { stream: ServerHttp2Stream }
      end(stream)
      // A session that is closed waits for its streams.
      setImmediate(() => stream.destroy())
    })
    t.teardown(() => app.close())
    await t.rejects(injectSse(app, '/nothing'), { code: 'ECONNRESET', message: /without a response/ })
  })
}

for (const { name, options } of kinds) {
  t.test(`leaves when its signal is aborted, before the head and after it, over ${name}`, async t => {
    const app = await makeApp(t, {}, options)
    const source = scriptedSource<string>()
    app.get('/stream', (_request, reply) => reply.sseFrom(source))
    await t.rejects(injectSse(app, { url: '/stream', signal: AbortSignal.abort(new Error('early')) }), {
      message: 'early'
    })
    t.equal(source.runs.length, 0)

    const before = new AbortController()
    const waiting = t.rejects(injectSse(app, { url: '/stream', signal: before.signal }), { message: 'enough' })
    const first = await source.run()
    before.abort(new Error('enough'))
    await waiting
    await first.over
    t.equal(first.signal.reason?.reason, 'left')

    const after = new AbortController()
    source.give('a')
    const stream = await injectSse(app, { url: '/stream', signal: after.signal })
    after.abort()
    t.equal(stream.state, 'disconnected')
    const second = await source.run(1)
    await second.over
    t.equal(second.signal.reason?.reason, 'left')
    await t.rejects(stream.reconnect(), { name: 'AbortError' }, 'it asks with the same signal')
    source.give('b')
    source.end()
    t.match(await (await stream.reconnect({ signal: undefined })).events(), [{ data: 'b' }, { event: 'done' }])
  })
}

t.test('waits for an answer that an HTTP/2 session still owes, and leaves one that never comes', async t => {
  const app = await makeApp(t, {}, { http2: true })
  const close = (request: unknown) => (request as { raw: { stream: ServerHttp2Stream } }).raw.stream.session?.close()
  app.get('/late', async (request, reply) => {
    close(request)
    await new Promise(setImmediate)
    return reply.sseFrom(['a'])
  })
  const controller = new AbortController()
  app.get('/never', (request, reply) => {
    reply.hijack()
    close(request)
    // By then the client knows of it.
    setImmediate(() => setImmediate(() => controller.abort(new Error('enough'))))
  })
  t.match(await (await injectSse(app, '/late')).events(), [{ data: 'a' }, { event: 'done' }])
  await t.rejects(injectSse(app, { url: '/never', signal: controller.signal }), { message: 'enough' })
})

for (const http2 of [false, true]) {
  t.test(`closes the connection of a request that cannot be sent, over HTTP/${http2 ? 2 : 1}`, async t => {
    const app = await makeApp(t, {}, http2 ? { http2 } : {})
    const sockets: Duplex[] = []
    app.server.on('connection', socket => sockets.push(socket))
    const wrong: InjectSseOptions[] = [
      { url: '/', lastEventId: 'a\nb' },
      { url: '/', headers: { own: '日本' } },
      { url: '/', headers: { 'a b': 'c' } },
      { url: '/a b' },
      { url: '/', method: 'G T' },
      http2 ? { url: '/', headers: { connection: 'close' } } : { url: '/', headers: { expect: undefined as never } }
    ]
    const codes = await Promise.all(wrong.map(ask => injectSse(app, ask).catch(({ code }) => code)))
    t.strictSame(codes, [
      'ERR_INVALID_CHAR',
      'ERR_INVALID_CHAR',
      'ERR_INVALID_HTTP_TOKEN',
      'ERR_UNESCAPED_CHARACTERS',
      'ERR_INVALID_HTTP_TOKEN',
      http2 ? 'ERR_HTTP2_INVALID_CONNECTION_HEADERS' : 'ERR_HTTP_INVALID_HEADER_VALUE'
    ])
    await until('all are closed', () => sockets.every(({ destroyed }) => destroyed))
    t.equal((await injectSse(app, '/')).status, 404, 'and another can be sent')
  })
}

t.test('keeps no process alive with a request that cannot be sent', async t => {
  for (const http2 of [false, true]) {
    const program = `
      import Fastify from 'fastify'
      import { injectSse } from './testing/index.ts'
      const app = Fastify({ http2: ${http2} })
      await injectSse(app, { url: '/', lastEventId: 'a\\nb' }).catch(({ code }) => console.log(code))
      await injectSse(app, '/a b').catch(({ code }) => console.log(code))
      await app.close()`
    const loader = new URL('../helpers/typescript.mjs', import.meta.url).href
    const args = ['--import', loader, '--input-type=module', '-e', program]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 })
    t.equal(stdout, 'ERR_INVALID_CHAR\nERR_UNESCAPED_CHARACTERS\n')
  }
})
