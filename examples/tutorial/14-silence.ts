import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import sseFrom from 'fastify-sse-from'

const app = Fastify({ logger: true })
await app.register(sseFrom, { heartbeat: 1000 }) // the default is 15 s

app.get('/stream', (_request, reply) =>
  reply.sseFrom(async function* ({ signal }) {
    await sleep(90_000, undefined, { signal }) // a model that thinks
    yield 'At last.'
  })
)

await app.listen({ port: Number(process.env.PORT ?? 3000) })
