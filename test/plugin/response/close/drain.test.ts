import dns from 'node:dns'
import { createServer } from 'node:http'
import { connect as connectHttp2, type Http2Server } from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { EventSource } from 'eventsource'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import sseFrom from '../../../../plugin/index.js'
import { furtherServers, refusesLateRequests } from '../../../../plugin/response/fastify-internals.js'
import { certificate } from '../../../helpers/certificate.js'
import { type Client, open } from '../../../helpers/client.js'
import { beginRequest, dial } from '../../../helpers/late-request.js'
import { type ServeOptions, serve } from '../../../helpers/server.js'
import { until } from '../../../helpers/until.js'

/** Disables the timeouts of Node, which would close connections eventually. */
const none = { headersTimeout: 0, requestTimeout: 0 }
const ASKED_TO_RECONNECT = /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nretry: [1-5]\d{3}\n$/
const REFUSED = /^HTTP\/1\.1 503 Service Unavailable\r\n[\s\S]*retry-after: [1-5]\r\n/

interface Draining {
  /** A client whose stream has begun. */
  client: Client
  /** Ends that stream. */
  finish: () => void
  closed: Promise<void>
}

/** What waits for `passed` goes on when the test calls `go`. */
function gate() {
  let go = () => {}
  const passed = new Promise<void>(resolve => {
    go = resolve
  })
  return { go, passed }
}

/** Serves a stream that runs until the test ends it. */
async function serving(t: Test, options: ServeOptions = {}, setup: (app: FastifyInstance) => void = () => {}) {
  const [running, other] = [gate(), gate()]
  const served = await serve(
    t,
    async app => {
      for (const [path, { passed }] of [
        ['/running', running],
        ['/other', other]
      ] as const) {
        app.get(path, (_request, reply) =>
          reply.sseFrom(async function* () {
            yield 'begun'
            await passed
            yield 'ended'
          })
        )
      }
      app.get('/', (_request, reply) => reply.sseFrom(['x']))
      app.post('/', (_request, reply) => reply.sseFrom(['x']))
      await setup(app)
    },
    { ...options, plugin: { drainTimeout: 60_000, ...options.plugin } }
  )
  const drain = async (): Promise<Draining> => {
    const client = open(`${served.url}/running`, { http2: options.http2 === true })
    await client.has('begun')
    const closed = served.app.close()
    await until('it listens no more', () => !served.app.server.listening)
    return { client, closed, finish: running.go }
  }
  return { ...served, drain, finishOther: other.go }
}

async function ends(t: Test, { client, finish, closed }: Draining): Promise<void> {
  finish()
  await client.end()
  await closed
  t.equal(client.ended, 'clean')
  t.match(client.text(), /ended\n\nevent: done/)
}

/** Whether a server listens. */
function listens(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, host)
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

for (const http2 of [false, true]) {
  t.test(`listens no more when it begins to drain, over ${http2 ? 'HTTP/2' : 'HTTP/1.1'}`, async t => {
    const { drain, port } = await serving(t, { http2 })
    t.ok(await listens(port))
    const draining = await drain()
    t.notOk(await listens(port))
    await ends(t, draining)
  })
}

t.test('listens no more at any of its addresses, and closes what is idle at all of them', async t => {
  const { lookup } = dns
  t.teardown(() => Object.assign(dns, { lookup }))
  const addresses = ['127.0.0.1', '127.0.0.2'].map(address => ({ address, family: 4 }))
  Object.assign(dns, {
    lookup: (name: string, options: object, callback: (error: null, found: object[]) => void) =>
      name === 'localhost' && 'all' in options ? callback(null, addresses) : lookup(name, options, callback as never)
  })
  const { go, passed } = gate()
  const app = Fastify({ http: none })
  t.teardown(() => app.close())
  await app.register(async scope => {
    await scope.register(sseFrom, { drainTimeout: 60_000 })
    scope.get('/', (_request, reply) =>
      reply.sseFrom(async function* () {
        yield 'begun'
        await passed
      })
    )
  })
  await app.listen({ host: 'localhost', port: 0 })
  const { port } = app.addresses()[0] as { port: number }
  t.same(
    app
      .addresses()
      .map(address => (address as AddressInfo).address)
      .sort(),
    ['127.0.0.1', '127.0.0.2']
  )
  const clients = ['127.0.0.1', '127.0.0.2'].map(host => open(`http://${host}:${port}/`))
  for (const client of clients) await client.has('begun')
  const silent = dial(t, port, { host: '127.0.0.2' })
  await until('it is accepted', () => silent.socket.bytesWritten === 0 && !silent.socket.connecting)
  const late = await beginRequest(t, port, 'GET /', { host: '127.0.0.2' })
  const closed = app.close()
  await silent.closed()
  t.notOk(await listens(port, '127.0.0.1'))
  t.notOk(await listens(port, '127.0.0.2'))
  t.match(await late.finish('accept: text/event-stream\r\n'), ASKED_TO_RECONNECT)
  go()
  for (const client of clients) {
    await client.end()
    t.equal(client.ended, 'clean')
  }
  await closed
})

for (const tls of [false, true]) {
  t.test(`closes idle connections when it begins to drain${tls ? ', over TLS' : ''}`, async t => {
    const fastify = tls ? { https: { ...certificate, ...none } } : { http: none }
    const accepted: unknown[] = []
    const { drain, port, app, finishOther } = await serving(t, { fastify: fastify as FastifyServerOptions }, app => {
      app.server.on(tls ? 'secureConnection' : 'connection', socket => accepted.push(socket))
    })
    const silent = dial(t, port, { tls })
    const used = dial(t, port, { tls })
    used.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await used.has('event: done')
    await until('both are accepted', () => accepted.length === 2)
    const running = dial(t, port, { tls })
    running.socket.write('GET /other HTTP/1.1\r\nhost: x\r\n\r\n')
    await running.has('begun')
    if (tls) {
      const closed = app.close()
      await silent.closed()
      await used.closed()
      t.notOk(running.isClosed())
      running.socket.destroy()
      await closed
      return
    }
    const draining = await drain()
    await silent.closed()
    await used.closed()
    t.notOk(running.isClosed())
    finishOther()
    await running.has('event: done')
    // Its response said keep-alive, so its client may be about to use it again.
    await running.closed()
    t.equal(draining.client.ended, undefined, 'while another stream goes on')
    await ends(t, draining)
  })
}

t.test(
  'asks an EventSource to reconnect over a connection that is still open, and leaves others to the next server',
  async t => {
    const { drain, port, log } = await serving(t, { fastify: { http: none } as FastifyServerOptions })
    const source = await beginRequest(t, port, 'GET /')
    const other = await beginRequest(t, port, 'GET /')
    const page = await beginRequest(t, port, 'GET /')
    const post = await beginRequest(t, port, 'POST /')
    const draining = await drain()
    const asked = await source.finish('accept: text/event-stream\r\n')
    t.match(asked, ASKED_TO_RECONNECT)
    t.match(asked, /\r\ncontent-type: text\/event-stream\r\n/)
    t.match(asked, /\r\nconnection: close\r\n/i)
    t.notMatch(asked, /access-control/)
    const elsewhere = await page.finish('accept: text/html, text/event-stream\r\norigin: https://page.example\r\n')
    t.match(elsewhere, ASKED_TO_RECONNECT)
    t.match(elsewhere, /\r\naccess-control-allow-origin: https:\/\/page\.example\r\n/)
    t.equal(await other.finish('accept: application/json\r\n'), '', 'a proxy asks the next server')
    t.match(await post.finish('accept: text/event-stream\r\ncontent-length: 0\r\n'), REFUSED, 'as no EventSource does')
    t.ok(log.some(({ msg }) => msg === 'the server is closing: a client was asked to reconnect'))
    await ends(t, draining)
  }
)

for (const [what, header, expected] of [
  ['an EventSource', 'accept: text/event-stream\r\n', ASKED_TO_RECONNECT],
  ['another request', '', REFUSED]
] as const) {
  t.test(`${what} that waits behind a running stream is answered when that ends`, async t => {
    const accepted: Socket[] = []
    const { drain, port } = await serving(t, {}, app => {
      app.server.on('connection', socket => accepted.push(socket))
    })
    const first = dial(t, port)
    first.socket.write('GET /running HTTP/1.1\r\nhost: x\r\n\r\n')
    await first.has('begun')
    const draining = await drain()
    first.socket.write(`GET / HTTP/1.1\r\nhost: x\r\n${header}\r\n`)
    await until('the server has read it', () => accepted[0]?.bytesRead === first.socket.bytesWritten)
    draining.finish()
    await first.closed()
    const [stream, behind] = first.text().split(/(?=HTTP\/1\.1 )/)
    t.match(stream, /event: done/)
    t.match(behind, expected)
    await ends(t, draining)
  })
}

t.test('an EventSource that a hook holds back when the server closes comes back', async t => {
  let held = 0
  const { go, passed } = gate()
  const { drain, url } = await serving(t, {}, app => {
    app.addHook('onRequest', async (request, reply) => {
      if (request.url === '/running') return
      reply.header('x-from', 'a hook')
      held++
      await passed
    })
    app.get('/resumable', (_request, reply) => reply.sseFrom(() => ['x'], { resumable: true }))
    app.get('/openai', (_request, reply) => reply.sseFrom(() => ['x'], { protocol: 'openai' }))
  })
  const headers = { accept: 'text/event-stream' }
  const clients = ['/', '/resumable', '/openai'].map(path => open(`${url}${path}`, { headers }))
  await until('they are held', () => held === 3)
  const draining = await drain()
  go()
  for (const client of clients) await client.end()
  for (const client of clients.slice(0, 2)) {
    t.equal(client.status, 200)
    t.match(client.text(), /^retry: [1-5]\d{3}\n$/)
    t.equal(client.headers['x-from'], 'a hook')
  }
  t.equal(clients[2]?.status, 503, 'clients of this protocol do not reconnect')
  t.match(clients[2]?.headers, { 'retry-after': /^[1-5]$/ })
  await ends(t, draining)
})

t.test('an EventSource whose connection is still open goes on at the next server', async t => {
  const { drain, port } = await serving(t)
  const next = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: next\n\n')
  })
  t.teardown(() => {
    next.closeAllConnections()
    next.close()
  })
  const late = await beginRequest(t, port, 'GET /')
  const draining = await drain()
  // The EventSource asks over the connection that is open, and later at the server that has taken over the port.
  let asked = 0
  const source = new EventSource(`http://127.0.0.1:${port}/`, {
    fetch: async (url, init) => {
      if (asked++ > 0) return fetch(url, init)
      const text = await late.finish('accept: text/event-stream\r\n')
      const [, body] = text.split('\r\n\r\n')
      return new Response(body ?? '', { headers: { 'content-type': 'text/event-stream' } })
    }
  })
  t.teardown(() => source.close())
  let data = ''
  source.addEventListener('message', event => {
    data = event.data
  })
  await until('it was asked to reconnect', () => asked === 1)
  await ends(t, draining)
  await new Promise<void>(resolve => next.listen(port, '127.0.0.1', resolve))
  await until('it goes on', () => data === 'next')
})

t.test('tells HTTP/2 clients at once to use another connection, and refuses none of them', async t => {
  const { drain, url, app } = await serving(t, { http2: true })
  const session = connectHttp2(url)
  t.teardown(() => session.destroy())
  const idle = connectHttp2(url)
  t.teardown(() => idle.destroy())
  let isAway = false
  session.on('goaway', () => {
    isAway = true
  })
  const running = session.request({ ':path': '/running' })
  let text = ''
  running.on('data', chunk => {
    text += chunk
  })
  await until('the stream has begun', () => text.includes('begun'))
  await until('the idle one is connected', () => !idle.connecting)
  const draining = await drain()
  await until('the client is told', () => isAway)
  await until('the idle one is closed', () => idle.closed)
  t.notOk(running.closed)
  t.notOk((app.server as Http2Server | typeof app.server).listening)
  draining.finish()
  await until('the stream ends', () => running.closed)
  t.match(text, /ended\n\nevent: done/)
  await ends(t, draining)
})

t.test('a connection that becomes one of HTTP/2 only while the server closes is closed without a request', async t => {
  let accepted = 0
  const { app, port } = await serving(
    t,
    { http2: true, fastify: { https: certificate } as FastifyServerOptions },
    app => {
      app.server.on('connection', () => accepted++)
    }
  )
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  await until('it is accepted', () => accepted === 1)
  const closed = app.close()
  await until('it listens no more', () => !app.server.listening)
  const session = connectHttp2(`https://127.0.0.1:${port}`, {
    createConnection: () => connectTls({ socket, ca: certificate.cert, ALPNProtocols: ['h2'] })
  })
  t.teardown(() => session.destroy())
  let isAway = false
  session.on('goaway', () => {
    isAway = true
  })
  await until('the client is told to use another one', () => isAway)
  await until('it is closed', () => session.closed)
  await closed
})

t.test('knows no further servers of an app that keeps none', async t => {
  t.same(furtherServers({} as FastifyInstance), [])
  t.ok(refusesLateRequests({} as FastifyInstance))
})

t.test('a server for HTTP/1.1 and HTTP/2 closes idle connections of both', async t => {
  const { app, port, url } = await serving(t, {
    http2: true,
    fastify: { https: { ...certificate, ...none, allowHTTP1: true } } as FastifyServerOptions
  })
  const silent = dial(t, port, { tls: true })
  const used = dial(t, port, { tls: true })
  used.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await used.has('event: done')
  const running = dial(t, port, { tls: true })
  running.socket.write('GET /running HTTP/1.1\r\nhost: x\r\n\r\n')
  await running.has('begun')
  const session = connectHttp2(url, { ca: certificate.cert })
  t.teardown(() => session.destroy())
  const request = session.request({ ':path': '/' })
  request.resume()
  await until('it has its answer', () => request.closed)
  const closed = app.close()
  await silent.closed()
  await used.closed()
  await until('the HTTP/2 session is closed', () => session.closed)
  t.notOk(running.isClosed())
  running.socket.destroy()
  await closed
})

t.test('leaves connections alone that speak another protocol by now', async t => {
  const upgraded: NodeJS.WritableStream[] = []
  const { drain, port } = await serving(t, {}, app => {
    app.server.on('upgrade', (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
      socket.on('data', (chunk: Buffer) => socket.write(chunk))
      socket.on('error', () => {})
      upgraded.push(socket)
    })
  })
  const echo = dial(t, port)
  echo.socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
  await echo.has('101 Switching')
  const idle = dial(t, port)
  const draining = await drain()
  await idle.closed()
  echo.socket.write('still here')
  await echo.has('still here')
  draining.finish()
  await draining.client.end()
  echo.socket.write('still there')
  await echo.has('still there')
  for (const socket of upgraded) socket.end()
  await draining.closed
})

t.test('closes although a client has sent only a part of its request', { timeout: 20_000 }, async t => {
  const { app, port } = await serving(t, { fastify: { http: none } as FastifyServerOptions })
  const half = await beginRequest(t, port, 'GET /')
  await app.close()
  await half.connection.closed()
})

t.test('an answer that has ended, but that its client still reads, arrives whole', async t => {
  const size = 64 * 1024 * 1024
  let isEnded = false
  const { drain, port } = await serving(t, {}, app => {
    app.get('/large', (_request, reply) => {
      reply.raw.on('prefinish', () => {
        isEnded = true
      })
      return reply.send(Buffer.alloc(size, 'x'))
    })
  })
  const slow = connect(port, '127.0.0.1')
  t.teardown(() => slow.destroy())
  slow.write('GET /large HTTP/1.1\r\nhost: x\r\n\r\n')
  let bytes = 0
  slow.once('data', chunk => {
    bytes += chunk.length
    slow.pause()
  })
  await until('the answer has ended', () => isEnded)
  const idle = dial(t, port)
  await until('another one is connected', () => !idle.socket.connecting)
  const draining = await drain()
  await idle.closed()
  let isClosed = false
  slow.on('data', chunk => {
    bytes += chunk.length
  })
  slow.on('end', () => {
    isClosed = true
  })
  slow.resume()
  await until('it is closed', () => isClosed)
  t.ok(bytes > size)
  await ends(t, draining)
})

t.test('several registrations in one app share what they know of its connections', async t => {
  const [first, second] = [gate(), gate()]
  const app = Fastify({ http: none })
  t.teardown(() => app.close())
  for (const [prefix, { passed }] of [
    ['/one', first],
    ['/two', second]
  ] as const) {
    app.register(
      async scope => {
        await scope.register(sseFrom, { drainTimeout: 60_000 })
        scope.get('/', (_request, reply) =>
          reply.sseFrom(async function* () {
            yield 'begun'
            await passed
            yield 'ended'
          })
        )
      },
      { prefix }
    )
  }
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const streams = ['/one', '/two'].map(path => {
    const stream = dial(t, port)
    stream.socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
    return stream
  })
  for (const stream of streams) await stream.has('begun')
  const late = await beginRequest(t, port, 'GET /one')
  const idle = dial(t, port)
  const closed = app.close()
  await idle.closed()
  t.match(await late.finish('accept: text/event-stream\r\n'), ASKED_TO_RECONNECT)
  first.go()
  second.go()
  for (const stream of streams) {
    await stream.has('event: done')
    await stream.closed()
    t.match(stream.text(), /ended\n\nevent: done/)
  }
  await closed
})
