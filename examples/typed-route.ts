import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import sseFrom, { eventStream } from 'fastify-sse-from'

const app = Fastify({ logger: true })
await app.register(sseFrom)

/** The events of the route, as its clients know them. Another event, or other data, does not compile below. */
const Answer = eventStream({
  message: Type.String(),
  citation: Type.Object({ title: Type.String(), url: Type.String() }),
  done: Type.Object({ finishReason: Type.String() })
})

/** What the application knows of a document. Only what `Answer` declares reaches the client. */
const document = { title: 'HTML Standard', url: 'https://html.spec.whatwg.org/', score: 0.93, path: '/data/html.txt' }

app.get('/answer', { schema: { response: { 200: Answer } } }, (_request, reply) =>
  reply.sseFrom(async function* ({ signal }) {
    for (const token of ['Events end', ' with an empty line.']) {
      await sleep(300, undefined, { signal })
      yield token
    }
    yield { event: 'citation', data: document }
    return { finishReason: 'stop' }
  })
)

process.once('SIGINT', () => app.close())
await app.listen({ port: Number(process.env.PORT ?? 3000) })
