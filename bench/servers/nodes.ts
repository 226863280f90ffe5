import Fastify from 'fastify'
import { Redis } from 'ioredis'
import sseFrom from '../../plugin/index.js'
import { RedisStore } from '../../plugin/stores/redis/redis-store.js'
import { sources } from '../source.js'
import { host } from './host.js'

/** Two nodes that share nothing but Redis. */
const app = Fastify()
for (const prefix of ['/one', '/two']) {
  const client = new Redis(Number(process.env.REDIS))
  const store = new RedisStore({ client, subscriber: client.duplicate() })
  await app.register(
    async node => {
      await node.register(sseFrom, { store, resumable: true })
      node.get('/', (_request, reply) => reply.sseFrom(({ signal }) => sources.held(signal)))
    },
    { prefix }
  )
}

await app.ready()
host(app.server)
