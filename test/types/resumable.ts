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
    resumable: { id: 'mine', owner: () => request.headers.authorization, onDisconnect: { grace: 1 } }
  })
)
// @ts-expect-error `onDisconnect` has no such value
app.get('/wrong', (_request, reply) => reply.sseFrom(() => ['a'], { resumable: { onDisconnect: 'stop' } }))

app.get<{ Params: { id: string } }>('/:id', ({ params }, reply) => reply.sseResume(params.id, { heartbeat: 1000 }))
// @ts-expect-error `map` does not apply to events that were sent
app.get('/mapped', (_request, reply) => reply.sseResume('a', { map: String }))
app.delete('/', async (_request, reply) => {
  const isThere: boolean = await app.sseStreams.stop('a', { owner: 'me' })
  return reply.send(isThere)
})
