import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import sseFrom from 'fastify-sse-from'

const app = Fastify({ logger: true })
await app.register(sseFrom, { resumable: { onDisconnect: { grace: 60_000 } } })

app.get('/stream', (_request, reply) =>
  reply.sseFrom(async function* ({ signal }) {
    app.log.info('the model is asked')
    for (let n = 1; n <= 10; n++) {
      await sleep(300, undefined, { signal })
      yield `${n} `
    }
  })
)

type ById = { Params: { id: string } }

app.get<ById>('/stream/:id', (request, reply) => reply.sseResume(request.params.id))

app.delete<ById>('/stream/:id', async (request, reply) => {
  const isThere = await app.sseStreams.stop(request.params.id)
  return reply.code(isThere ? 204 : 404).send()
})

await app.listen({ port: Number(process.env.PORT ?? 3000) })
