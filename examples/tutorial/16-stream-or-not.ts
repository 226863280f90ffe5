import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import { streamRoutes, textGenerate } from 'fastify-sse-from/routes'

const app = Fastify({ logger: true })
await app.register(streamRoutes, {
  generate: textGenerate(async function* ({ messages }, { signal }) {
    for (const word of `You said: ${messages.at(-1)?.content}`.split(/(?<= )/)) {
      await sleep(300, undefined, { signal })
      yield word
    }
    return { finishReason: 'stop' }
  })
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
