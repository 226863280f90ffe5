import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { fetchAll, open } from '../../helpers/client.js'
import { type ServeOptions, serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

type Options = ServeOptions['fastify'] & { http2SessionTimeout?: number }

/** A source that is silent for longer than any of the timeouts that the tests set. */
async function* slow(pause = 150) {
  for (let i = 0; i < 4; i++) {
    yield `${i}`
    await sleep(pause)
  }
}

const WHOLE = /^data: 0\n\n.*data: 3\n\n.*event: done\n/s

function addRoute(app: FastifyInstance) {
  app.all('/', (_request, reply) => reply.sseFrom(slow()))
}

async function isWhole(t: Test, options: Options, serving: Omit<ServeOptions, 'fastify'> = {}) {
  const { url, log } = await serve(t, addRoute, { ...serving, ...(options && { fastify: options }) })
  const http2 = serving.http2 ?? false
  for (const request of [{}, { body: { a: 1 } }]) {
    const client = await fetchAll(url, { http2, ...request })
    t.equal(client.ended, 'clean')
    t.match(client.text(), WHOLE)
  }
  return log.filter(({ level }) => level >= 40)
}

/** Options of a server that could end a stream, at values that are too small for it. */
const harmless: Record<string, Options> = {
  keepAliveTimeout: { keepAliveTimeout: 20 },
  requestTimeout: { requestTimeout: 20, http: { connectionsCheckingInterval: 10, headersTimeout: 10 } },
  maxRequestsPerSocket: { maxRequestsPerSocket: 1 },
  pluginTimeout: { pluginTimeout: 5500 },
  bodyLimit: { bodyLimit: 10 },
  'forceCloseConnections: true': { forceCloseConnections: true },
  "forceCloseConnections: 'idle'": { forceCloseConnections: 'idle' },
  return503OnClosing: { return503OnClosing: false },
  onProtoPoisoning: { onProtoPoisoning: 'remove', onConstructorPoisoning: 'remove' },
  trustProxy: { trustProxy: true },
  requestIdHeader: { requestIdHeader: 'x-request-id', genReqId: () => 'a' },
  disableRequestLogging: { disableRequestLogging: true },
  exposeHeadRoutes: { exposeHeadRoutes: false },
  routerOptions: { routerOptions: { caseSensitive: false, ignoreTrailingSlash: true }, useSemicolonDelimiter: true },
  rewriteUrl: { rewriteUrl: ({ url }) => url ?? '/' }
}

for (const [name, options] of Object.entries(harmless)) {
  t.test(`kind: a server option (${name}) ends no stream`, async t => {
    t.same(await isWhole(t, options), [], 'nothing to warn of')
  })
}

t.test('kind: a server option (http2SessionTimeout) ends no stream', async t => {
  t.same(await isWhole(t, { http2SessionTimeout: 20 }, { http2: true }), [])
})

t.test('kind: a server option (keepAliveTimeout) holds for a connection after its stream', async t => {
  const { url } = await serve(t, app => app.get('/', (_request, reply) => reply.sseFrom(['a'])), {
    fastify: { keepAliveTimeout: 20, connectionTimeout: 60_000 }
  })
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  let closed = false
  request(url, { agent }, response => {
    response.resume()
    response.socket.on('close', () => {
      closed = true
    })
  }).end()
  await until('the server closes the connection', () => closed)
})

for (const http2 of [false, true]) {
  const over = http2 ? 'HTTP/2' : 'HTTP/1.1'

  t.test(`kind: a server option (connectionTimeout) ends no stream with shorter heartbeats, over ${over}`, async t => {
    t.same(await isWhole(t, { connectionTimeout: 100 }, { http2, plugin: { heartbeat: 20, commitAfter: 20 } }), [])
  })

  t.test(
    `kind: a server option (connectionTimeout) is warned of where it ends a silent stream, over ${over}`,
    async t => {
      const plugin = { heartbeat: 60_000, commitAfter: 20 }
      const { url, log } = await serve(t, addRoute, { http2, plugin, fastify: { connectionTimeout: 100 } })
      const client = await fetchAll(url, { http2 })
      // Sessions of HTTP/2 have a timeout of their own, which waits for their streams.
      t.equal(client.ended, http2 ? 'clean' : 'broken')
      t.match(
        log.filter(({ level }) => level === 40),
        http2 ? [] : [{ msg: /connectionTimeout/, connectionTimeout: 100, heartbeat: 60_000 }]
      )
    }
  )
}

for (const [drainTimeout, pluginTimeout, warns] of [
  [undefined, undefined, false],
  [9500, undefined, false],
  [9501, undefined, true],
  [60_000, 0, false],
  [60_000, 60_500, false],
  [undefined, 20, true]
] as const) {
  t.test(`kind: a server option (pluginTimeout: ${pluginTimeout}) with drainTimeout: ${drainTimeout}`, async t => {
    const plugin = drainTimeout === undefined ? {} : { drainTimeout }
    const fastify = pluginTimeout === undefined ? {} : { pluginTimeout }
    const { log } = await serve(t, () => {}, { plugin, fastify })
    t.match(
      log.filter(({ level }) => level === 40),
      warns
        ? [{ msg: /^pluginTimeout is too short for drainTimeout: .* 500 ms before it .* docs\/deployment\.md$/ }]
        : []
    )
  })
}

t.test('kind: a server option (pluginTimeout) that is shorter than drainTimeout does not fail app.close()', async t => {
  const endless = async function* () {
    yield '0'
    await new Promise(() => {})
  }
  const setup = (app: FastifyInstance) => app.get('/', (_request, reply) => reply.sseFrom(endless))
  const { app, url } = await serve(t, setup, { plugin: { drainTimeout: 60_000 }, fastify: { pluginTimeout: 600 } })
  const client = open(url)
  await client.has('data: 0')
  await app.close()
  await client.end()
  t.equal(client.ended, 'broken')
  t.match(client.text(), /^data: 0\n\nretry: [1-5]\d{3}\n$/)
})

for (const [plugin, connectionTimeout, warns] of [
  [{}, 0, false],
  [{}, 15_000, true],
  [{}, 60_000, false],
  [{ heartbeat: false }, 60_000, true],
  [{ heartbeat: 1000, commitAfter: 70_000 }, 60_000, true],
  [{ heartbeat: 1000 }, 1500, false],
  [{ heartbeat: 1000 }, 1000, true]
] as const) {
  t.test(`kind: a server option (connectionTimeout: ${connectionTimeout}) with ${JSON.stringify(plugin)}`, async t => {
    const { log } = await serve(t, () => {}, { plugin, fastify: { connectionTimeout } })
    const warnings = log.filter(({ level }) => level === 40)
    t.equal(warnings.length, warns ? 1 : 0)
    if (warns) t.match(warnings, [{ msg: /connectionTimeout.*docs\/deployment\.md/ }])
  })
}

t.test(
  'kind: a server option (handlerTimeout) is warned of, and a stream that it ends is not taken for a whole one',
  async t => {
    const { url, log } = await serve(
      t,
      app => {
        addRoute(app)
        app.get('/long', { handlerTimeout: 60_000 }, (_request, reply) => reply.sseFrom(slow()))
        app.get('/late', (_request, reply) => reply.sseFrom(() => new Promise<string[]>(() => {})))
      },
      { fastify: { handlerTimeout: 100 } }
    )
    t.match(
      log.filter(({ level }) => level === 40),
      [{ msg: /handlerTimeout.*docs\/deployment\.md/, handlerTimeout: 100 }]
    )
    const cut = await fetchAll(url)
    t.equal(cut.ended, 'broken')
    t.notMatch(cut.text(), 'event: done')
    const long = await fetchAll(`${url}/long`)
    t.equal(long.ended, 'clean')
    t.match(long.text(), WHOLE)
    const late = await fetchAll(`${url}/late`)
    t.equal(late.status, 503)
    t.match(JSON.parse(late.text()), { code: 'FST_ERR_HANDLER_TIMEOUT' })
  }
)

t.test('kind: a server option (maxRequestsPerSocket) refuses what comes after, not the stream', async t => {
  const { url } = await serve(t, addRoute, { fastify: { maxRequestsPerSocket: 1 } })
  const first = await fetchAll(url)
  t.equal(first.headers.connection, 'close')
  t.match(first.text(), WHOLE)
})

for (const forceCloseConnections of [true, 'idle', false] as const) {
  for (const return503OnClosing of [true, false]) {
    const options = JSON.stringify({ forceCloseConnections, return503OnClosing })
    t.test(`kind: a server option (${options}) when the app closes`, async t => {
      const { url, app } = await serve(t, addRoute, { fastify: { forceCloseConnections, return503OnClosing } })
      const client = open(url)
      await client.has('data: 0')
      await app.close()
      await client.end()
      t.equal(client.ended, 'clean', 'a stream that ends within drainTimeout is whole')
      t.match(client.text(), WHOLE)
    })
  }
}

t.test('kind: a server option (requestIdHeader) names the stream in the log', async t => {
  const { url, log } = await serve(
    t,
    app =>
      app.get('/', (_request, reply) =>
        reply.sseFrom(async function* () {
          yield 'a'
          throw new Error('midway')
        })
      ),
    { fastify: { requestIdHeader: 'x-request-id' } }
  )
  await fetchAll(url, { headers: { 'x-request-id': 'mine' } })
  t.equal(log.find(({ msg }) => msg === 'stream failed')?.reqId, 'mine')
})
