import '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import type { MemoryStore } from '../../../plugin/index.js'
import { startChromium, visit } from '../../helpers/chromium.js'
import { redisServer } from '../../helpers/redis-server.js'
import { until } from '../../helpers/until.js'
import type { Checks } from '../check.js'

const me = { authorization: 'Bearer secret' }
const other = { authorization: 'Bearer other' }

const text = async function* () {
  yield 'Hello'
}

export const resuming: Checks = {
  Resuming: async (t, program) => {
    const app = await program.app(t)
    const first = await app.inject({ url: '/answer', headers: me })
    const id = String(first.headers['x-stream-id'])
    t.match(first.body, `id: ${id}:1\ndata: Hello\n\nid: ${id}:2\ndata:  again\n\nid: ${id}:3:end\nevent: done\n`)

    const resume = { url: '/answer', headers: { ...me, 'last-event-id': `${id}:2` } }
    t.equal((await app.inject(resume)).body, first.body.slice(first.body.indexOf(`id: ${id}:3`)))
    t.equal((await app.inject({ ...resume, headers: { ...me, 'last-event-id': `${id}:3:end` } })).statusCode, 204)
    t.equal((await app.inject({ ...resume, headers: { ...me, 'last-event-id': 'malformed' } })).statusCode, 400)

    const url = `/answer/${id}`
    t.equal((await app.inject({ url, headers: me })).body, first.body)
    t.equal((await app.inject({ url, headers: other })).statusCode, 404)
    t.equal((await app.inject({ url })).statusCode, 401)
    t.equal((await app.inject({ method: 'DELETE', url, headers: other })).statusCode, 404)
    t.equal((await app.inject({ method: 'DELETE', url, headers: me })).statusCode, 204)
  },

  'Cookies, tokens and EventSource': async (t, program) => {
    const app = await program.app(t)
    app.get('/', (_request, reply) => reply.type('text/html').send('<title>page</title>'))
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const browser = await startChromium(t)

    const { page } = await visit(t, browser, url)
    t.strictSame(await page.evaluate(listen, '/answer'), ['closed'], 'without a token')
    await page.evaluate(async () => void (await fetch('/sign-in', { method: 'POST' })))
    t.strictSame(await page.evaluate(listen, '/answer'), ['Hello', '{}'], 'with a cookie')
    const ticket = await page.evaluate(async () => {
      const response = await fetch('/tickets', { method: 'POST' })
      return ((await response.json()) as { ticket: string }).ticket
    })

    const { page: other } = await visit(t, browser, url)
    t.strictSame(await other.evaluate(listen, `/answer?ticket=${ticket}`), ['Hello', '{}'], 'with a ticket')
    t.strictSame(await other.evaluate(listen, '/answer?ticket=forged.forged.forged'), ['closed'])

    const token = { authorization: `Bearer ${app.jwt.sign({ sub: 'user-1' })}` }
    const { headers, body } = await app.inject({ url: '/answer', headers: token })
    t.match(body, 'data: Hello\n\n')
    const rest = { 'last-event-id': `${headers['x-stream-id']}:1` }
    t.match((await app.inject({ url: `/answer?ticket=${ticket}`, headers: rest })).body, 'event: done')
    const stranger = app.jwt.sign({ sub: 'user-2' })
    t.equal((await app.inject({ url: `/answer?ticket=${stranger}`, headers: rest })).statusCode, 404)
    t.equal((await app.inject('/answer')).statusCode, 400)
    t.equal((await app.inject('/answer?ticket=forged.forged.forged')).statusCode, 401)
  },

  'Starting without a client': async (t, program) => {
    const app = await program.app(t)
    const { id } = (await app.inject({ method: 'POST', url: '/reports' })).json()
    await until('the end', async () => (await app.inject(`/reports/${id}`)).json().isDone)
    t.same((await app.inject(`/reports/${id}`)).json(), { isDone: true, chapters: 3 })
    t.match((await app.inject(`/reports/${id}/events`)).body, /data: One\n\n.*data: Three\n\n.*event: done/s)
    t.equal((await app.inject('/reports/unknown')).statusCode, 404)
  },

  'Where events are kept': async (t, program) => {
    const { app, store } = await program.load<{ app: FastifyInstance; store: MemoryStore }>('app, store')
    t.teardown(() => app.close())
    app.get('/', (_request, reply) => reply.sseFrom(text))
    const { body, headers } = await app.inject('/')
    const rest = await app.inject({ url: '/', headers: { 'last-event-id': `${headers['x-stream-id']}:1` } })
    t.ok(rest.body.startsWith('id: ') && body.endsWith(rest.body) && rest.body !== body)
    t.equal(store.size, 1)
  },

  'Where events are kept (2)': async (t, program) => {
    const redis = await redisServer(t)
    process.env.REDIS_URL = `redis://127.0.0.1:${redis.port}`
    const app = await program.app(t)
    app.get('/', (_request, reply) => reply.sseFrom(text))
    const { body, headers } = await app.inject('/')
    const client = new Redis(redis.port)
    t.teardown(() => client.disconnect())
    await until('the answer is in Redis', async () => (await client.keys('*')).length > 1)
    const rest = await app.inject({ url: '/', headers: { 'last-event-id': `${headers['x-stream-id']}:1` } })
    t.ok(rest.body.startsWith('id: ') && body.endsWith(rest.body) && rest.body !== body)
  }
}

/** Runs in the page: what an EventSource receives, until its stream is done or it gives up. */
function listen(url: string): Promise<string[]> {
  return new Promise(resolve => {
    const all: string[] = []
    const source = new EventSource(url)
    const end = (last: string) => {
      source.close()
      resolve([...all, last])
    }
    source.onmessage = ({ data }) => all.push(data)
    source.addEventListener('done', event => end((event as unknown as { data: string }).data))
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) end('closed')
    }
  })
}
