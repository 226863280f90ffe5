import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import sseFrom from 'fastify-sse-from'

// With `trustProxy`, `request.ip` is the address of the client, not that of nginx.
const app = Fastify({ logger: true, trustProxy: '127.0.0.1' })
await app.register(sseFrom)

app.get('/stream', (request, reply) =>
  reply.sseFrom(async function* ({ signal }) {
    yield `Hello, ${request.ip}.`
    for (const token of [' No', ' buffer', ' holds', ' this', ' back.']) {
      await sleep(300, undefined, { signal })
      yield token
    }
  })
)

process.once('SIGINT', () => app.close())
await app.listen({ port: Number(process.env.PORT ?? 3000) })
