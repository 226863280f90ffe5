import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import sseFrom, { MemoryStore } from '../../plugin/index.js'
import { RedisStore } from '../../plugin/stores/redis/redis-store.js'
import { type Generate, openAiRoutes, streamRoutes, textGenerate } from '../../routes/index.js'

/** What a node tells the soak test. */
export type Report =
  | { readonly port: number }
  | { readonly begun: string }
  | { readonly ended: string }
  | { readonly finished: string; readonly outcome: string }
  | { readonly heap: number }

const { PORT = '0', REDIS_URL = '', KEEP = '5000' } = process.env

const tell = (report: Report) => process.send?.(report)

function makeStore() {
  if (REDIS_URL === '') return new MemoryStore({ keep: Number(KEEP) })
  const client = new Redis(REDIS_URL)
  const subscriber = client.duplicate()
  for (const connection of [client, subscriber]) connection.on('error', () => {})
  return new RedisStore({ client, subscriber, lease: 3000, keep: Number(KEEP), timeout: 500 })
}

let runs = 0

/** Counts to the number that it is asked for, at the pace that it is asked for. */
const generate: Generate = textGenerate(async function* ({ messages }, { signal, request }) {
  const [count = 0, pace = 0] = (messages.at(-1)?.content ?? '').split(' ').map(Number)
  const run = `${process.pid}:${++runs}`
  Object.assign(request, { run })
  tell({ begun: run })
  try {
    for (let i = 0; i < count; i++) {
      await sleep(pace, undefined, { signal })
      yield `${i} `
    }
    return { finishReason: 'stop' }
  } finally {
    tell({ ended: run })
  }
})

const app = Fastify({ logger: { level: 'fatal' } })
await app.register(sseFrom, {
  store: makeStore(),
  drainTimeout: 1000,
  retry: 10,
  onFinish: ({ request, outcome }) => {
    const { run = '' } = request as { run?: string }
    tell({ finished: run, outcome })
  }
})
await app.register(streamRoutes, { generate, resumable: { onDisconnect: { grace: 1000 } } })
await app.register(streamRoutes, { generate, resumable: false, prefix: '/plain' })
await app.register(openAiRoutes, { generate, models: ['a'] })

process.on('message', async (message: string) => {
  if (message === 'heap') {
    globalThis.gc?.()
    tell({ heap: process.memoryUsage().heapUsed })
  }
})
process.on('SIGTERM', async () => {
  await app.close()
  process.exit()
})
process.on('disconnect', () => process.exit())

await app.listen({ port: Number(PORT), host: '127.0.0.1' })
tell({ port: (app.server.address() as AddressInfo).port })
