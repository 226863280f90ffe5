import Fastify from 'fastify'
import { Redis } from 'ioredis'
import sseFrom from '../../plugin/index.js'
import { RedisStore } from '../../plugin/stores/redis/redis-store.js'
import { sourceOf } from '../source.js'
import { host } from './host.js'

const client = new Redis(Number(process.env.REDIS))
const store = new RedisStore({ client, subscriber: client.duplicate() })
const app = Fastify()
await app.register(sseFrom, { store, resumable: { onDisconnect: 'abort' } })
app.get('/*', (request, reply) => reply.sseFrom(({ signal }) => sourceOf(request.url, signal)))

await app.ready()
host(app.server)
