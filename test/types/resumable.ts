import Fastify from 'fastify'
import { Cluster, Redis } from 'ioredis'
import sseFrom, { type EventStore, MemoryStore } from '../../plugin/index.js'
import { RedisStore } from '../../plugin/stores/redis/redis-store.js'

export const stores: EventStore[] = [
  new MemoryStore(),
  new MemoryStore({ maxBytes: 1000, keep: 1000 }),
  new RedisStore({ client: new Redis(), subscriber: new Redis(), lease: 1000 }),
  new RedisStore({ client: new Cluster([]), subscriber: new Cluster([]) })
]
// @ts-expect-error `subscriber` is missing
new RedisStore({ client: new Redis() })
// @ts-expect-error no option has this name
new MemoryStore({ maxEvent: 1 })

const app = Fastify()
app.register(sseFrom, { store: new MemoryStore(), resumable: { owner: request => request.ip } })
// @ts-expect-error a store needs more methods
app.register(sseFrom, { store: new Map() })

app.get('/', (_request, reply) => reply.sseFrom(() => ['a'], { resumable: true }))
app.get('/all', (request, reply) =>
  reply.sseFrom(() => ['a'], {
    resumable: { id: 'mine', owner: async () => request.ip, anonymous: true, onDisconnect: { grace: 1 } }
  })
)
// @ts-expect-error `onDisconnect` has no such value
app.get('/wrong', (_request, reply) => reply.sseFrom(() => ['a'], { resumable: { onDisconnect: 'stop' } }))

app.get<{ Params: { id: string } }>('/:id', ({ params }, reply) => reply.sseResume(params.id, { heartbeat: 1000 }))
// @ts-expect-error `map` does not apply to events that were sent
app.get('/mapped', (_request, reply) => reply.sseResume('a', { map: String }))
app.get('/mine', (_request, reply) => reply.sseResume('a', { owner: async () => undefined, anonymous: true }))
// @ts-expect-error an owner is text
app.get('/number', (_request, reply) => reply.sseFrom(() => ['a'], { resumable: { owner: () => 5 } }))
// @ts-expect-error `isComplete` is not async
app.get('/late', (_request, reply) => reply.sseFrom(() => ['a'], { isComplete: async () => true }))
app.delete('/', async (_request, reply) => {
  const isThere: boolean = await app.sseStreams.stop('a', { owner: 'me' })
  await app.sseStreams.stop('a', { owner: Promise.resolve('me') })
  await app.sseStreams.stop('a', { owner: undefined })
  // @ts-expect-error an owner is text
  await app.sseStreams.stop('a', { owner: 5 })
  return reply.send(isThere)
})
