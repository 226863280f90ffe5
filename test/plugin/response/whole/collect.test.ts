import type { Socket } from 'node:net'
import type { preHandlerAsyncHookHandler } from 'fastify'
import t, { type Test } from 'tap'
import type { SseSource } from '../../../../plugin/index.js'
import { sendWhole } from '../../../../plugin/toolkit.js'
import { fetchAll, open } from '../../../helpers/client.js'
import { beginRequest } from '../../../helpers/late-request.js'
import { type ServeOptions, serve } from '../../../helpers/server.js'
import { Steps } from '../../../helpers/steps.js'
import { until } from '../../../helpers/until.js'

/** Serves a source in one piece at `/whole` and as a stream at `/stream`. */
function serveWhole(
  t: Test,
  source: SseSource<string>,
  { preHandler = [], ...options }: ServeOptions & { preHandler?: preHandlerAsyncHookHandler[] } = {}
) {
  return serve(
    t,
    app => {
      app.get('/whole', { preHandler }, (_request, reply) => sendWhole(reply, source, ({ text }) => ({ text })))
      app.get('/stream', (_request, reply) => reply.sseFrom(source))
    },
    options
  )
}

t.test('pulls nothing more from a source after its client has left', async t => {
  let give: (result: IteratorResult<string>) => void = () => {}
  let pulls = 0
  const { url, log } = await serveWhole(t, () => ({
    [Symbol.asyncIterator]: () => ({
      next: () => {
        pulls++
        return new Promise<IteratorResult<string, unknown>>(resolve => {
          give = resolve
        })
      },
      return: () => Promise.reject(new Error('return failed'))
    })
  }))
  const client = open(`${url}/whole`)
  await until('the source is pulled', () => pulls === 1)
  client.leave()
  await until('the log says that the client left', () => log.some(({ msg }) => msg === 'client left'))
  give({ done: false, value: 'late' })
  await until('its failure is in the log', () => log.some(({ err }) => err?.message === 'return failed'))
  await new Promise(resolve => setImmediate(resolve))
  t.equal(pulls, 1)
})

t.test('reads a source that is always ready without starving others', async t => {
  let tokens = 0
  const { url } = await serveWhole(t, async function* () {
    for (; tokens < 50_000; tokens++) yield 'x'
    return { finishReason: 'stop' }
  })
  let turns = 0
  const interval = setInterval(() => {
    if (tokens > 0 && tokens < 50_000) turns++
  }, 0)
  t.teardown(() => clearInterval(interval))
  const client = await fetchAll(`${url}/whole`)
  t.equal(JSON.parse(client.text()).text.length, 50_000)
  t.ok(turns > 1, 'timers ran meanwhile')
})

t.test('does not start the source of a client that has already left', async t => {
  let socket: Socket | undefined
  const steps = new Steps()
  const preHandler: preHandlerAsyncHookHandler = async request => {
    socket = request.raw.socket
    await steps.next()
  }
  const unwanted = () => t.fail('the source was started') as never
  const { url, log } = await serveWhole(t, unwanted, { preHandler: [preHandler] })
  const client = open(`${url}/whole`)
  await until('the hook waits', () => socket)
  client.leave()
  await until('the server has noticed', () => socket?.destroyed)
  steps.go()
  await until('the log says that the client left', () => log.some(({ msg }) => msg === 'client left'))
  t.same(
    log.filter(({ err }) => err),
    []
  )
})

t.test('answers 503 once the server closes', async t => {
  let calls = 0
  const { app, url, port } = await serveWhole(
    t,
    ({ signal }) => {
      calls++
      return new Promise((_resolve, reject) => signal.addEventListener('abort', reject))
    },
    { plugin: { drainTimeout: 500, commitAfter: 0 }, fastify: { return503OnClosing: false } }
  )
  const first = open(`${url}/stream`)
  await first.head()
  const second = await beginRequest(t, port, 'GET /whole')
  const closed = app.close()
  await until('it listens no more', () => !app.server.listening)
  const refused = await second.finish()
  t.match(refused, /^HTTP\/1\.1 503 [\s\S]*\r\nretry-after: [1-5]\r\n/)
  t.match(refused, /"code":"FST_SSE_CLOSING"/)
  t.equal(calls, 1)
  await closed
})
