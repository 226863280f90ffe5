import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import sseFrom, { MemoryStore } from '../../plugin/index.js'
import { countBytes } from './bytes.js'
import { countCalls } from './calls.js'
import type { Cost, Counter } from './counter.js'
import type { Setting } from './measure.js'
import { source, TOKENS } from './source.js'

/**
 * A server in a process of its own, which sends one stream and then tells its parent what each token cost, without what
 * the source itself costs. Only here does nothing else run that would be counted too.
 */
const { what, pace, kind } = JSON.parse(process.argv[2] ?? '') as Setting

// How much is written at once depends on the clock: a source may have 10 ms of a turn.
Object.defineProperty(performance, 'now', { value: () => 0 })

const app = Fastify()
await app.register(sseFrom, {
  resumable: kind === 'resumable',
  store: new MemoryStore({ maxEvents: 2 ** 20, maxBytes: 2 ** 26 })
})
const newCounter = (): Counter => (what === 'bytes' ? countBytes() : countCalls(app.server))

const sourceOnly = newCounter()
for await (const _ of source(pace, sourceOnly));

const all = newCounter()
app.get('/', (_request, reply) => {
  reply.raw.once('close', () => process.send?.({ cost: perToken() }))
  return reply.sseFrom(() => source(pace, all))
})

function perToken(): Cost {
  const own = sourceOnly.counts()
  const costs = Object.entries(all.counts()).map(([name, count]) => [name, (count - (own[name] ?? 0)) / TOKENS])
  return Object.fromEntries(costs)
}

// A test that died leaves no process behind.
process.on('disconnect', () => process.exit())

await app.listen({ port: 0, host: '127.0.0.1' })
process.send?.({ port: (app.server.address() as AddressInfo).port })
