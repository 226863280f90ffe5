import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import sseFrom from 'fastify-sse-from'
import { RedisStore } from 'fastify-sse-from/redis'
import { Redis } from 'ioredis'

/** One of the servers behind a load balancer. They share nothing but Redis. */
async function startNode(port: number) {
  const client = new Redis(process.env.REDIS_URL ?? 'redis://localhost:6379', { socketTimeout: 5000 })
  const subscriber = client.duplicate()

  const app = Fastify({ logger: true })
  await app.register(sseFrom, { store: new RedisStore({ client, subscriber }), resumable: true })
  app.addHook('onClose', async () => {
    await client.quit()
    subscriber.disconnect()
  })

  app.get('/answer', (_request, reply) =>
    reply.sseFrom(async function* ({ signal }) {
      for (let n = 1; n <= 20; n++) {
        await sleep(500, undefined, { signal })
        yield `${n} from port ${port}`
      }
    })
  )

  app.delete<{ Params: { id: string } }>('/answer/:id', async (request, reply) => {
    const isThere = await app.sseStreams.stop(request.params.id)
    return reply.code(isThere ? 204 : 404).send()
  })

  await app.listen({ port })
  return app
}

const port = Number(process.env.PORT ?? 3000)
const nodes = [await startNode(port), await startNode(port + 1)]
process.once('SIGINT', () => Promise.all(nodes.map(node => node.close())))
