import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import sseFrom from '../../plugin/index.js'
import { RedisStore } from '../../plugin/stores/redis/redis-store.js'

/**
 * A node in its own process, so that it can be killed. It lets each owner run two streams, which never end. The owner
 * is in the header `x-owner`.
 */
const client = new Redis(process.env.REDIS_URL ?? '')
const subscriber = client.duplicate()
const app = Fastify()
await app.register(sseFrom, {
  store: new RedisStore({ client, subscriber, lease: 1000 }),
  maxStreamsPerOwner: { limit: 2, owner: ({ headers }) => headers['x-owner'] as string }
})
app.get('/', (_request, reply) =>
  reply.sseFrom(async function* ({ signal }) {
    yield 'token'
    await new Promise((_resolve, reject) => signal.addEventListener('abort', reject))
  })
)

// A test that died leaves no process behind.
process.on('disconnect', () => process.exit())

await app.listen({ port: 0, host: '127.0.0.1' })
process.send?.({ port: (app.server.address() as AddressInfo).port })
