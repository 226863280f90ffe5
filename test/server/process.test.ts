import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import t from 'tap'
import { runApp, startApp } from '../helpers/app-process.js'
import { fetchAll, open } from '../helpers/client.js'
import { redisServer } from '../helpers/redis-server.js'
import { until } from '../helpers/until.js'

t.test('serves the demo without a key, token by token, and the documentation and health', async t => {
  const app = await startApp(t)
  const client = await fetchAll(`${app.url}/stream?prompt=hi`)
  const events = client.events()
  const text = events
    .filter(({ event }) => event === undefined)
    .map(({ data }) => data)
    .join('')
  t.match(text, /You asked: “hi”/)
  t.match(text, /demo/)
  t.match(text, /\n/)
  t.match(text, /\p{Emoji_Presentation}/u)
  t.ok(
    events.some(({ data, event }) => event === undefined && data.trim() === ''),
    'some tokens are white space'
  )
  t.match(JSON.parse(events.at(-1)?.data ?? ''), {
    finishReason: 'stop',
    usage: { promptTokens: 1, completionTokens: events.length - 1, totalTokens: events.length }
  })
  t.ok(client.chunks.length > events.length / 2, `${client.chunks.length} chunks brought ${events.length} events`)

  t.same(JSON.parse((await fetchAll(`${app.url}/health`)).text()), { status: 'ok' })
  t.match((await fetchAll(`${app.url}/docs/`)).text(), 'swagger-ui')
  const document = JSON.parse((await fetchAll(`${app.url}/docs/json`)).text())
  t.same(Object.keys(document.paths['/stream']), ['get', 'post'])
  for (const operation of Object.values<{ responses: object }>(document.paths['/stream'])) {
    const { content } = (
      operation.responses as Record<string, { content: Record<string, { itemSchema: object }> }>
    )[200] ?? {
      content: {}
    }
    t.same(Object.keys(content), ['text/event-stream', 'application/json'])
    t.match(JSON.stringify(content['text/event-stream']?.itemSchema), /"const":"done".*finishReason.*"const":"error"/)
  }
  t.match(app.stdout(), 'answers come from the embedded demo')
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  t.test(`drains its streams and exits with 0 on ${signal}`, async t => {
    const app = await startApp(t)
    const client = open(`${app.url}/stream?prompt=${'long '.repeat(30)}`)
    await client.has('You')
    // Twice, as under npm.
    app.child.kill(signal)
    await until('it is closing', () => app.stdout().includes('closing'))
    app.child.kill(signal)
    t.equal(await app.exit(), 0)
    await client.end()
    t.ok(client.ended === 'clean' || /retry: \d+\n$/.test(client.text()))
    t.equal(app.stderr(), '')
    t.notMatch(app.stdout(), /"level":[456]0/)
  })
}

t.test('answers may go on for as long as DRAIN_TIMEOUT says', async t => {
  for (const [timeout, ended] of [
    ['0', 'broken'],
    ['60000', 'clean']
  ] as const) {
    const app = await startApp(t, { DRAIN_TIMEOUT: timeout })
    const client = open(`${app.url}/stream?prompt=hi`)
    await client.has('You')
    app.child.kill('SIGTERM')
    t.equal(await app.exit(), 0)
    await client.end()
    t.equal(client.ended, ended)
    t.match(client.text(), ended === 'clean' ? /event: done/ : /retry: \d+\n$/)
    t.notMatch(app.stdout(), /"level":[456]0/)
  }
})

t.test('exits with 0 at once if no stream is open', async t => {
  const app = await startApp(t)
  app.child.kill('SIGINT')
  t.equal(await app.exit(), 0)
})

t.test('exits with 1 and one clear line if its environment is wrong', async t => {
  const app = runApp(t, { PORT: 'http', LOG_LEVEL: 'loud', OPENAI_BASE_URL: 'sk-secret' })
  t.equal(await app.exit(), 1)
  t.equal(app.stdout(), '')
  t.equal(
    app.stderr(),
    'fastify-sse-from cannot start: PORT takes a port from 0 to 65535; ' +
      'LOG_LEVEL takes one of fatal, error, warn, info, debug, trace, silent; ' +
      'OPENAI_BASE_URL takes an http or https URL without a password\n'
  )
})

t.test('exits with 1 and one clear line if its port is taken', async t => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const app = runApp(t, { PORT: String(port), LOG_LEVEL: 'silent' })
  t.equal(await app.exit(), 1)
  t.equal(app.stderr(), `fastify-sse-from cannot start: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`)
})

t.test('closes and exits with 1 after an uncaught error', async t => {
  const fault = 'process.once("SIGWINCH", () => { Promise.reject(new Error("nobody has caught this")) })'
  const app = await startApp(t, {}, [`--import=data:text/javascript,${encodeURIComponent(fault)}`])
  app.child.kill('SIGWINCH')
  t.equal(await app.exit(), 1)
  t.match(app.stdout(), /"level":50,.*nobody has caught this.*closing after an error/)
})

t.test('an answer that began on one server continues on another that uses the same Redis', async t => {
  const redis = await redisServer(t)
  const variables = { REDIS_URL: `redis://127.0.0.1:${redis.port}` }
  const [one, other] = [await startApp(t, variables), await startApp(t, variables)]
  const client = open(`${one.url}/stream?prompt=${'long '.repeat(20)}`)
  await client.has('\ndata: ')
  const [first] = client.events()
  const headers = { 'last-event-id': String(first?.id) }
  const again = open(`${other.url}/stream?prompt=another`, { headers })
  await Promise.all([client.end(), again.end()])
  t.strictSame(again.events(), client.events().slice(1))
  const id = client.headers['x-stream-id']
  t.equal((await fetchAll(`${other.url}/stream/${id}`)).text(), client.text())
  t.equal((await fetchAll(`${other.url}/stream/${id}`, { method: 'DELETE' })).status, 204)
  t.equal((await fetchAll(`${other.url}/stream/${'a'.repeat(22)}`, { method: 'DELETE' })).status, 404)

  await redis.kill()
  await until('it is logged', () => one.stdout().includes('Redis cannot be reached'))
  t.equal((await fetchAll(`${one.url}/stream?prompt=hi`)).ended, 'clean', 'answers come all the same')
  await redis.start()
  await until('it is logged', () => one.stdout().includes('Redis is back'))
  const lines = one
    .stdout()
    .split('\n')
    .filter(line => line.includes('Redis cannot be reached'))
  t.equal(lines.length, 1)
  for (const app of [one, other]) {
    app.child.kill('SIGTERM')
    t.equal(await app.exit(), 0)
    t.equal(app.stderr(), '')
  }
})
