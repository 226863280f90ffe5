import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import { openAiRoutes, textGenerate } from 'fastify-sse-from/routes'

const app = Fastify({ logger: true })

await app.register(openAiRoutes, {
  models: ['parrot'],
  generate: textGenerate(async function* ({ messages }, { signal }) {
    for (const word of `You said: ${messages.at(-1)?.content}`.split(/(?<= )/)) {
      await sleep(300, undefined, { signal })
      yield word
    }
    return { finishReason: 'stop' }
  })
})

process.once('SIGINT', () => app.close())
await app.listen({ port: Number(process.env.PORT ?? 3000) })
