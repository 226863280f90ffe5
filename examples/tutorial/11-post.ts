import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import sseFrom from 'fastify-sse-from'

const app = Fastify({ logger: true })
await app.register(sseFrom)

const schema = {
  body: { type: 'object', required: ['prompt'], properties: { prompt: { type: 'string', minLength: 1 } } }
}

app.post<{ Body: { prompt: string } }>('/chat', { schema }, (request, reply) =>
  reply.sseFrom(async function* ({ signal }) {
    for (const word of `You said: ${request.body.prompt}`.split(/(?<= )/)) {
      await sleep(300, undefined, { signal })
      yield word
    }
  })
)

await app.listen({ port: Number(process.env.PORT ?? 3000) })
