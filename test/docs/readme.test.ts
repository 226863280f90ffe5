import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import t from 'tap'
import type { SseStream } from '../../client/index.js'
import { openAiServer } from '../helpers/openai-server.js'
import { snippets } from '../helpers/readme.js'
import { redisServer } from '../helpers/redis-server.js'
import { until } from '../helpers/until.js'

/** Where the snippets are run: next to the sources, so that they find the packages that a user would install. */
const folder = join(import.meta.dirname, 'snippets')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a snippet as it stands, but for where the package is and what the test changes in it, and gives what it has. */
async function runAny<T>(pattern: string, exported: string, change: (code: string) => string, name = ''): Promise<T> {
  const code = snippets.find(snippet => snippet.includes(pattern))
  if (code === undefined) throw new Error(`no snippet has ${pattern}`)
  const file = join(folder, `${snippets.indexOf(code)}${name}.ts`)
  const local = code
    .replace("'fastify-sse-from/routes'", "'../../../routes/index.js'")
    .replace("'fastify-sse-from/redis'", "'../../../plugin/stores/redis/redis-store.js'")
    .replace("'fastify-sse-from/client'", "'../../../client/index.js'")
    .replace("'fastify-sse-from'", "'../../../plugin/index.js'")
  writeFileSync(file, `${change(local)}\nexport { ${exported} }\n`)
  return await import(pathToFileURL(file).href)
}

/** Runs a snippet that makes an app, which does not listen, and gives the app. */
async function run(pattern: string, name = ''): Promise<FastifyInstance> {
  const change = (code: string) => code.replace(/^await app.listen.*$/m, '').replace('logger: true', 'logger: false')
  const { app } = await runAny<{ app: FastifyInstance }>(pattern, 'app', change, name)
  t.teardown(() => app.close())
  return app
}

t.equal(snippets.length, 9)

t.test('the use with an SDK streams tokens', async t => {
  const provider = await openAiServer(t, call => {
    call.token('Hel')
    call.token('lo')
    call.finish()
  })
  process.env.OPENAI_BASE_URL = provider.url
  process.env.OPENAI_API_KEY = 'key'
  const app = await run("from 'openai'")
  const { body } = await app.inject('/stream?prompt=hi')
  t.equal(body, 'data: Hel\n\ndata: lo\n\nevent: done\nid: fastify-sse-from:end\ndata: {}\n\n')
  t.match(provider.calls[0]?.body, { messages: [{ role: 'user', content: 'hi' }] })
})

t.test('the generator sends events', async t => {
  const app = await run("'/count'")
  const { body } = await app.inject('/count')
  t.equal(
    body,
    [1, 2, 3].map(n => `event: number\nid: ${n}\ndata: {"n":${n}}\n\n`).join('') +
      'event: done\nid: fastify-sse-from:end\ndata: {"counted":3}\n\n'
  )
})

t.test('the typed route sends what it declares', async t => {
  const app = await run("'/typed'")
  t.equal(
    (await app.inject('/typed')).body,
    'data: Hello\n\nevent: usage\ndata: {"tokens":1}\n\nevent: done\nid: fastify-sse-from:end\n' +
      'data: {"finishReason":"stop"}\n\n'
  )
})

t.test('the ready route answers in both forms', async t => {
  const app = await run('streamRoutes')
  const response = await app.inject({ url: '/stream?prompt=hi', headers: { accept: 'application/json' } })
  t.same(response.json(), { text: 'You said: hi ', finishReason: 'stop' })
  const events = (await app.inject('/stream?prompt=hi')).body.replace(/^id: .+\n/gm, '')
  t.match(events, 'data: You \n\ndata: said: \n\ndata: hi \n\nevent: done\n')
})

t.test('the client reads the ready route', async t => {
  const app = await run('streamRoutes', '-for-the-client')
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const logged = t.capture(console, 'log', () => {})
  const { text, stream } = await runAny<{ text: string; stream: SseStream }>('openStream', 'text, stream', code =>
    code.replace('http://localhost:3000', url)
  )
  t.equal(text, 'You said: hi ')
  t.match(stream, { complete: true, reconnects: 0, id: /^[\w-]{22}$/ })
  t.strictSame(logged.args(), [['You said: hi ', 'stop']])
})

t.test('a protocol of the user says how a stream is framed', async t => {
  const app = await run("'/lines'")
  const { body, headers } = await app.inject('/lines')
  t.equal(headers['x-protocol'], 'lines')
  t.equal(body, 'data: {"token":"Hello"}\n\ndata: {"token":" again"}\n\ndata: {"over":true}\n\n')
})

t.test('the route for clients of OpenAI answers', async t => {
  const app = await run('openAiRoutes')
  const body = { model: 'parrot', messages: [{ role: 'user', content: 'hi' }] }
  const response = await app.inject({ method: 'POST', url: '/v1/chat/completions', body })
  t.match(response.json(), { choices: [{ message: { content: 'You said: hi' } }] })
})

t.test('a stream is followed again, and stopped, by its owner', async t => {
  const app = await run("'/answer/:id'")
  const first = await app.inject({ url: '/answer', headers: { authorization: 'me' } })
  const id = String(first.headers['x-stream-id'])
  t.match(first.body, `id: ${id}:1\ndata: Hello\n\nid: ${id}:2\ndata:  again\n\nid: ${id}:3:end\nevent: done\n`)
  for (const [authorization, body, status] of [
    ['me', first.body, 204],
    ['you', /"statusCode":404/, 404]
  ] as const) {
    const headers = { authorization }
    t.match((await app.inject({ url: `/answer/${id}`, headers })).body, body)
    t.equal((await app.inject({ method: 'DELETE', url: `/answer/${id}`, headers })).statusCode, status)
  }
  const rest = await app.inject({ url: '/answer', headers: { authorization: 'me', 'last-event-id': `${id}:2` } })
  t.equal(rest.body, first.body.slice(first.body.indexOf(`id: ${id}:3`)))
})

t.test('events are kept in Redis', async t => {
  const redis = await redisServer(t)
  process.env.REDIS_URL = `redis://127.0.0.1:${redis.port}`
  const app = await run("from 'ioredis'")
  app.get('/', (_request, reply) =>
    reply.sseFrom(async function* () {
      yield 'Hello'
    })
  )
  const { body, headers } = await app.inject('/')
  const client = new Redis(redis.port)
  t.teardown(() => client.disconnect())
  await until('the answer is in Redis', async () => (await client.keys('*')).length > 1)
  const rest = await app.inject({ url: '/', headers: { 'last-event-id': `${headers['x-stream-id']}:1` } })
  t.equal(rest.body, body.slice(body.indexOf(':2:end') - 'id: '.length - String(headers['x-stream-id']).length))
})

t.test('the use with an SDK answers with the status of the provider', async t => {
  const provider = await openAiServer(t, ({ response }) => {
    response.writeHead(429, { 'content-type': 'application/json' })
    response.end('{"error":{"message":"slow down"}}')
  })
  process.env.OPENAI_BASE_URL = provider.url
  const app = await run("from 'openai'", 'again')
  t.equal((await app.inject('/stream?prompt=hi')).statusCode, 429)
  t.equal(provider.calls.length, 1)
})
