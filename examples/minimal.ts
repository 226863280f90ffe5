import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import sseFrom from 'fastify-sse-from'

const app = Fastify({ logger: true })
await app.register(sseFrom)

app.get('/stream', (_request, reply) =>
  reply.sseFrom(async function* ({ signal }) {
    for (const token of ['One', ' token', ' after', ' the', ' other', '.']) {
      await sleep(300, undefined, { signal })
      yield token
    }
    return { finishReason: 'stop' }
  })
)

process.once('SIGINT', () => app.close())
await app.listen({ port: Number(process.env.PORT ?? 3000) })
