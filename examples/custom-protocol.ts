import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import sseFrom, { type Protocol } from 'fastify-sse-from'

/** Unnamed events with a `type` in their data. The last one says how many deltas there were. */
const deltas: Protocol<string> = {
  headers: { 'x-protocol': 'deltas' },
  start() {
    let count = 0
    return {
      item(text) {
        count++
        return { data: { type: 'delta', text } }
      },
      end: () => ({ data: { type: 'end', count } }),
      error: ({ statusCode, message }) => ({ data: { type: 'error', statusCode, message } })
    }
  }
}

const app = Fastify({ logger: true })
await app.register(sseFrom)

app.get('/stream', (_request, reply) =>
  reply.sseFrom(
    async function* ({ signal }) {
      for (const token of ['Hello', ' again']) {
        await sleep(300, undefined, { signal })
        yield token
      }
    },
    { protocol: deltas }
  )
)

app.get('/failing', (_request, reply) =>
  reply.sseFrom(
    async function* () {
      yield 'Hello'
      throw Object.assign(new Error('The model has hung up'), { statusCode: 429 })
    },
    { protocol: deltas }
  )
)

process.once('SIGINT', () => app.close())
await app.listen({ port: Number(process.env.PORT ?? 3000) })
