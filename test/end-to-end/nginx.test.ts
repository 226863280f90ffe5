import t from 'tap'
import { open } from '../helpers/client.js'
import { serve } from '../helpers/server.js'
import { until } from '../helpers/until.js'
import { nginx } from './nginx.js'

const TOKENS = ['one', 'two', 'three', 'four', 'five']

t.test('nginx passes each token on before the next one exists', async t => {
  const received = new Set<string>()
  let httpVersion = ''
  const { port } = await serve(t, app =>
    app.get('/', (request, reply) => {
      httpVersion = request.raw.httpVersion
      return reply.sseFrom(async function* () {
        for (const token of TOKENS) {
          yield token
          await until(`${token} at the client`, () => received.has(token))
        }
      })
    })
  )
  const client = open(await nginx(t, port))
  for (const token of TOKENS) {
    await client.has(`data: ${token}\n\n`)
    received.add(token)
  }
  await client.end()
  t.equal(client.ended, 'clean')
  t.strictSame(
    client.events().map(({ event = 'message', data }) => [event, data]),
    [...TOKENS.map(token => ['message', token]), ['done', '{}']]
  )
  t.match(client.headers, { server: /^nginx/, 'content-type': 'text/event-stream' })
  t.equal(httpVersion, '1.0')
})

t.test('a client that leaves nginx aborts the source', async t => {
  let aborted = false
  const { port } = await serve(t, app =>
    app.get('/', (_request, reply) =>
      reply.sseFrom(async function* ({ signal }) {
        yield 'one'
        await until('the abort', () => signal.aborted)
        aborted = true
      })
    )
  )
  const client = open(await nginx(t, port))
  await client.has('one')
  client.leave()
  await until('the end of the source', () => aborted)
  t.ok(aborted)
})

t.test('an error after the first token arrives as an error event', async t => {
  const { port } = await serve(t, app =>
    app.get('/', (_request, reply) =>
      reply.sseFrom(async function* () {
        yield 'one'
        throw new Error('secret')
      })
    )
  )
  const client = open(await nginx(t, port))
  await client.end()
  t.equal(client.ended, 'clean')
  const [first, last] = client.events()
  t.match(first, { data: 'one' })
  t.equal(last?.event, 'error')
  t.match(JSON.parse(last?.data ?? ''), { statusCode: 500 })
  t.notMatch(client.text(), 'secret')
})

t.test('an error before the first token keeps its status', async t => {
  const { port } = await serve(t, app =>
    app.get('/', (_request, reply) =>
      reply.sseFrom(async () => {
        throw Object.assign(new Error('too many'), { statusCode: 429 })
      })
    )
  )
  const client = open(await nginx(t, port))
  await client.end()
  t.equal(client.status, 429)
  t.equal(client.ended, 'clean')
})

t.test('heartbeats arrive while the source is silent', async t => {
  let silent = true
  const { port } = await serve(
    t,
    app =>
      app.get('/', (_request, reply) =>
        reply.sseFrom(async function* () {
          yield 'one'
          await until('heartbeats at the client', () => !silent)
          yield 'two'
        })
      ),
    { plugin: { heartbeat: 10 } }
  )
  const client = open(await nginx(t, port))
  await client.has('data: one\n\n:\n:\n')
  silent = false
  await client.end()
  t.strictSame(
    client.events().map(({ data }) => data),
    ['one', 'two', '{}']
  )
})

t.test('an answer that the server cuts off ends with a broken connection', async t => {
  const { app, port } = await serve(
    t,
    app =>
      app.get('/', (_request, reply) =>
        reply.sseFrom(async function* ({ signal }) {
          yield 'one'
          await new Promise((_resolve, reject) => signal.addEventListener('abort', reject))
        })
      ),
    { plugin: { drainTimeout: 50 } }
  )
  const client = open(await nginx(t, port))
  await client.has('one')
  await app.close()
  await client.end()
  t.equal(client.ended, 'broken')
  t.notMatch(client.text(), 'event: done')
})
