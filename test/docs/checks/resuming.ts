import type { FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import type { MemoryStore } from '../../../plugin/index.js'
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
