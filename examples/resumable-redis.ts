import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import sseFrom from 'fastify-sse-from'
import { RedisStore } from 'fastify-sse-from/redis'
import { Redis } from 'ioredis'

const client = new Redis(process.env.REDIS_URL ?? 'redis://localhost:6379', { socketTimeout: 5000 })
const subscriber = client.duplicate()

const app = Fastify({ logger: true })
await app.register(sseFrom, {
  store: new RedisStore({ client, subscriber }),
  resumable: { onDisconnect: { grace: 60_000 } }
})
app.addHook('onClose', async () => {
  await client.quit()
  subscriber.disconnect()
})

// A client that has lost its connection asks again, with the id of the last event that it had.
app.get('/answer', (_request, reply) =>
  reply.sseFrom(async function* ({ signal }) {
    for (let n = 1; n <= 20; n++) {
      await sleep(500, undefined, { signal })
      yield `${n} `
    }
  })
)

type ById = { Params: { id: string } }

// A page that was loaded again, or a second tab, knows the `x-stream-id` of the answer.
app.get<ById>('/answer/:id', (request, reply) => reply.sseResume(request.params.id))

app.delete<ById>('/answer/:id', async (request, reply) => {
  const isThere = await app.sseStreams.stop(request.params.id)
  return reply.code(isThere ? 204 : 404).send()
})

process.once('SIGINT', () => app.close())
await app.listen({ port: Number(process.env.PORT ?? 3000) })
