import { setTimeout as sleep } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import Fastify from 'fastify'
import sseFrom from 'fastify-sse-from'

// Fastify gives up closing after `pluginTimeout`, 10 s by default.
const app = Fastify({ logger: true, pluginTimeout: 12_000 })

// Answers that run get 10 s to finish. After that they are cut off, and their clients are told when to come back.
await app.register(sseFrom, { drainTimeout: 10_000 })

app.get('/stream', (_request, reply) =>
  reply.sseFrom(async function* ({ signal }) {
    for (let n = 1; n <= 10; n++) {
      await sleep(500, undefined, { signal })
      yield `${n} `
    }
  })
)

// Ctrl-C, the SIGTERM of a supervisor, and errors that nobody has caught. All of it must be over within 15 s.
closeWithGrace({ delay: 15_000, logger: app.log }, async ({ err }) => {
  if (err) app.log.error(err)
  await app.close()
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
