import { once } from 'node:events'
import { connect as connect2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { PassThrough, type Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { MemoryStore, StreamAbort, type StreamSummary } from '../../../plugin/index.js'
import { sendWhole } from '../../../plugin/toolkit.js'
import { open } from '../../helpers/client.js'
import { type ServeOptions, serve } from '../../helpers/server.js'
import { tcpProxy } from '../../helpers/tcp-proxy.js'
import { until } from '../../helpers/until.js'

/** Larger than the buffers of the kernel on both sides. */
const MANY_BYTES = 16 * 1024 * 1024

interface WriteServer {
  url: string
  port: number
  signals: AbortSignal[]
  summaries: StreamSummary[]
  log: { msg: string; writeTimeout?: number; err?: unknown }[]
}

/** Serves an endless source of `size` bytes each at `/`, and a large answer in one piece at `/whole`. */
async function writeServer(
  t: Test,
  {
    size = 64 * 1024,
    endsAfter = Number.POSITIVE_INFINITY,
    resumable = false,
    setup = () => {},
    ...options
  }: ServeOptions & {
    size?: number
    endsAfter?: number
    resumable?: boolean
    setup?: (app: FastifyInstance) => unknown
  } = {}
): Promise<WriteServer> {
  const signals: AbortSignal[] = []
  const summaries: StreamSummary[] = []
  const { url, port, log } = await serve(
    t,
    app => {
      setup(app)
      app.get('/', (_request, reply) =>
        reply.sseFrom(
          async function* ({ signal }) {
            signals.push(signal)
            for (let i = 0; i < endsAfter; i++) {
              await new Promise(setImmediate)
              yield 'x'.repeat(size)
            }
          },
          { onClose: summary => void summaries.push(summary), resumable }
        )
      )
      app.get('/whole', (_request, reply) =>
        sendWhole(
          reply,
          async function* () {
            yield 'x'.repeat(MANY_BYTES)
            return { finishReason: 'stop' }
          },
          ({ text }) => ({ text })
        )
      )
    },
    { ...options, plugin: { writeTimeout: 200, heartbeat: 20, maxResponseBytes: 2 * MANY_BYTES, ...options.plugin } }
  )
  return { url, port, signals, summaries, log }
}

/** A client that asks and then reads nothing. */
function deaf(t: Test, port: number, path = '/'): Socket {
  const socket = connect(port, '127.0.0.1').pause()
  socket.on('error', () => {})
  t.teardown(() => socket.destroy())
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
  return socket
}

function isWriteTimeout(t: Test, { signals, log }: WriteServer): void {
  t.ok(signals[0]?.reason instanceof StreamAbort)
  t.match(signals[0]?.reason, { reason: 'timeout', timeout: 'write' })
  t.equal(log.filter(({ msg }) => msg === 'client takes nothing').length, 1)
  t.strictSame(
    log.filter(({ err }) => err !== undefined && (err as { code?: string }).code !== 'ERR_STREAM_PREMATURE_CLOSE'),
    [],
    'it is no error'
  )
}

for (const [what, size] of [
  ['large events', 1024 * 1024 - 100],
  ['small events', 10_000]
] as const) {
  t.test(`ends the stream and the source of a client that takes nothing: ${what}`, async t => {
    const server = await writeServer(t, { size })
    deaf(t, server.port)
    await until('the stream is over', () => server.summaries.length)
    t.equal(server.summaries[0]?.outcome, 'aborted')
    isWriteTimeout(t, server)
  })
}

t.test('ends a stream whose source has ended, if its client does not take the rest', async t => {
  const server = await writeServer(t, { size: 1024 * 1024 - 100, endsAfter: 12, plugin: { highWaterMark: MANY_BYTES } })
  deaf(t, server.port)
  await until('the stream is over', () => server.summaries.length)
  t.equal(server.summaries[0]?.outcome, 'aborted')
  t.notOk(server.signals[0]?.aborted, 'the source had ended by itself')
})

t.test('ends the answer in one piece of a client that takes nothing', async t => {
  const server = await writeServer(t)
  const socket = deaf(t, server.port, '/whole')
  await until('the log says so', () => server.log.some(({ msg }) => msg === 'client takes nothing'))
  socket.resume()
  await until('the connection is closed', () => socket.destroyed)
  t.ok(socket.bytesRead < MANY_BYTES)
})

for (const path of ['/', '/whole']) {
  t.test(`a client that is slow, but takes something, gets all of ${path}`, async t => {
    const server = await writeServer(t, { size: 1024 * 1024 - 100, endsAfter: 16 })
    const client = open(server.url + path)
    await client.head()
    const isDone = () => client.ended !== undefined
    // Three times as long as the timeout.
    for (let i = 0; i < 12; i++) {
      client.pause()
      await sleep(50)
      const { length } = client.chunks
      client.resume()
      await until('it takes something', () => client.chunks.length > length || isDone())
    }
    await client.end()
    t.equal(client.ended, 'clean')
    t.ok(Buffer.concat(client.chunks).length > MANY_BYTES - 10_000)
  })
}

t.test('false lets a client take nothing for ever', async t => {
  const server = await writeServer(t, { plugin: { writeTimeout: false } })
  const sockets = [deaf(t, server.port), deaf(t, server.port, '/whole')]
  await sleep(500)
  t.notOk(server.signals[0]?.aborted)
  t.strictSame(server.summaries, [])
  for (const socket of sockets) socket.destroy()
  await until('the stream is over', () => server.summaries.length)
})

t.test('a resumable stream loses this client, and goes on', async t => {
  const store = new MemoryStore({ maxBytes: 1024 * MANY_BYTES })
  const server = await writeServer(t, { size: 60_000, resumable: true, plugin: { store } })
  deaf(t, server.port)
  await until('the response is over', () => server.summaries.length)
  t.equal(server.summaries[0]?.outcome, 'aborted')
  t.notOk(server.signals[0]?.aborted, 'its source goes on')
  t.equal(server.log.filter(({ msg }) => msg === 'client takes nothing').length, 1)
})

t.test('a hook that reads the stream has the deadline too', async t => {
  const setup = (app: FastifyInstance) =>
    app.addHook('onSend', async (_request, _reply, payload) => (payload as Readable).pipe(new PassThrough()))
  const server = await writeServer(t, { setup })
  deaf(t, server.port)
  await until('the stream is over', () => server.summaries.length)
  isWriteTimeout(t, server)
})

t.test('HTTP/2', async t => {
  t.test('ends the stream that its client does not read', async t => {
    const server = await writeServer(t, { http2: true })
    const session = connect2(server.url)
    session.on('error', () => {})
    t.teardown(() => session.destroy())
    const stream = session.request({ ':path': '/' })
    stream.on('error', () => {})
    stream.pause()
    await until('the stream is over', () => server.summaries.length)
    t.equal(server.summaries[0]?.outcome, 'aborted')
    isWriteTimeout(t, server)
  })

  t.test('ends the stream of a connection that does not drain', async t => {
    const server = await writeServer(t, { http2: true })
    const network = await tcpProxy(t, server.port)
    const session = connect2(`http://127.0.0.1:${network.port}`, { settings: { initialWindowSize: 2 ** 30 } })
    session.on('error', () => {})
    session.on('connect', () => session.setLocalWindowSize(2 ** 30))
    t.teardown(() => session.destroy())
    const stream = session.request({ ':path': '/' })
    stream.on('error', () => {})
    stream.resume()
    await once(stream, 'data')
    network.cut('to client')
    await until('the stream is over', () => server.summaries.length)
    t.equal(server.summaries[0]?.outcome, 'aborted')
    isWriteTimeout(t, server)
  })

  t.test('leaves the other streams of the connection alone', async t => {
    const server = await writeServer(t, { http2: true, size: 1000 })
    const session = connect2(server.url)
    session.on('error', () => {})
    t.teardown(() => session.destroy())
    const stuck = session.request({ ':path': '/' })
    stuck.on('error', () => {})
    stuck.pause()
    const other = session.request({ ':path': '/' })
    other.on('error', () => {})
    let bytes = 0
    other.on('data', chunk => {
      bytes += chunk.length
    })
    await until('one stream is over', () => server.summaries.length)
    const before = bytes
    await until('the other goes on', () => bytes > before)
    t.equal(server.signals.filter(({ aborted }) => aborted).length, 1)
  })
})
