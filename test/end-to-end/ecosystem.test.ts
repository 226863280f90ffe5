import type { Readable } from 'node:stream'
import compress from '@fastify/compress'
import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import t from 'tap'
import { fetchAll, open } from '../helpers/client.js'
import { serve } from '../helpers/server.js'
import { Steps } from '../helpers/steps.js'
import { until } from '../helpers/until.js'

t.test('streams through cors, cookie, helmet, compress and rate-limit without buffering', async t => {
  const steps = new Steps()
  let aborted = false
  const { url } = await serve(t, async app => {
    await app.register(cors, { origin: 'https://app.example', credentials: true })
    await app.register(cookie)
    await app.register(helmet)
    await app.register(compress, { global: true, threshold: 0 })
    await app.register(rateLimit, { max: 2, timeWindow: 60_000 })
    app.get('/json', async () => ({ text: 'x'.repeat(1000) }))
    app.get('/', (_request, reply) =>
      reply.setCookie('session', 'abc', { httpOnly: true }).sseFrom(async function* ({ signal }) {
        signal.addEventListener('abort', () => {
          aborted = true
        })
        for (let i = 0; i < 5; i++) {
          yield `token ${i}.`
          // Waits until the client has received this token.
          await steps.next()
        }
      })
    )
  })
  const headers = { origin: 'https://app.example', 'accept-encoding': 'gzip, br' }
  const client = open(url, { headers })
  for (let i = 0; i < 5; i++) {
    await client.has(`token ${i}.`)
    steps.go()
  }
  await client.end()
  t.equal(client.ended, 'clean')
  t.match(client.headers, {
    'access-control-allow-origin': 'https://app.example',
    'access-control-allow-credentials': 'true',
    'set-cookie': ['session=abc; HttpOnly'],
    'content-security-policy': /default-src/,
    'x-ratelimit-limit': '2',
    'x-ratelimit-remaining': '1',
    'content-type': 'text/event-stream',
    'content-encoding': undefined
  })
  t.equal(client.events().length, 6)

  const leaving = open(url, { headers })
  await leaving.has('token 0.')
  leaving.leave()
  await until('the source is aborted', () => aborted)

  const limited = await fetchAll(url, { headers })
  t.equal(limited.status, 429)
  t.match(limited.headers['content-type'], 'application/json')

  const json = await fetchAll(`${url}/json`, { headers })
  t.equal(json.headers['content-encoding'], 'br', 'compress is active')
})

t.test('an error before the first event keeps the headers of other plugins', async t => {
  const { url } = await serve(t, async app => {
    await app.register(cors, { origin: true })
    await app.register(compress, { global: true, threshold: 0 })
    app.get('/', (_request, reply) =>
      reply.sseFrom(() => {
        throw Object.assign(new Error('slow down'), { statusCode: 429 })
      })
    )
  })
  const client = await fetchAll(url, { headers: { origin: 'https://a.example' } })
  t.equal(client.status, 429)
  t.equal(client.headers['access-control-allow-origin'], 'https://a.example')
  t.match(JSON.parse(client.text()), { message: 'slow down' })
})

t.test('hooks can read the body along with the client, and set trailers', async t => {
  const seen: Record<string, string> = {}
  const { url } = await serve(t, app => {
    app.addHook('onSend', async (request, reply, payload) => {
      const stream = payload as Readable
      const record = (chunk: Buffer | null) => {
        seen[request.url] = (seen[request.url] ?? '') + (chunk ?? '')
      }
      if (request.url === '/data') stream.on('data', record)
      if (request.url === '/readable') stream.on('readable', () => record(stream.read()))
      if (request.url === '/trailer') reply.trailer('x-count', async () => '3')
      return payload
    })
    app.get('/*', (_request, reply) => reply.sseFrom(['a', 'b', '中']))
  })
  for (const path of ['/none', '/data', '/trailer']) {
    const client = await fetchAll(`${url}${path}`)
    t.equal(client.ended, 'clean', path)
    t.same(
      client.events().map(({ data }) => data),
      ['a', 'b', '中', '{}'],
      path
    )
    if (path === '/data') t.equal(seen[path], client.text())
  }
  // A hook that consumes a Readable leaves nothing for the client.
  await fetchAll(`${url}/readable`)
  t.match(seen['/readable'], /data: a\n\n.*data: 中\n\nevent: done/s)
})
