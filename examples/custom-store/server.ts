import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import sseFrom from 'fastify-sse-from'
import { Table, TableStore } from './table-store.ts'

const app = Fastify({ logger: true })
await app.register(sseFrom, { store: new TableStore(new Table()), resumable: true })

app.get('/answer', (_request, reply) =>
  reply.sseFrom(async function* ({ signal }) {
    for (let n = 1; n <= 20; n++) {
      await sleep(500, undefined, { signal })
      yield `${n} `
    }
  })
)

process.once('SIGINT', () => app.close())
await app.listen({ port: Number(process.env.PORT ?? 3000) })
