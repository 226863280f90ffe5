import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import sseFrom from 'fastify-sse-from'

const app = Fastify({ logger: true })
await app.register(sseFrom, { drainTimeout: 5000 })

app.get('/stream', (_request, reply) =>
  reply.sseFrom(async function* ({ signal }) {
    for (let n = 1; n <= 10; n++) {
      await sleep(300, undefined, { signal })
      yield `${n} `
    }
  })
)

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close())
await app.listen({ port: Number(process.env.PORT ?? 3000) })
