import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import { type EventStore, MemoryStore } from '../plugin/index.js'
import { RedisStore } from '../plugin/stores/redis/redis-store.js'
import type { Environment } from './environment.js'

/**
 * How long Redis may be silent before its connection counts as dead. The operating system would notice much later.
 * Milliseconds.
 */
const SOCKET_TIMEOUT = 5000

/** Chooses where the events of streams are kept: in Redis if `REDIS_URL` is set, so that all servers share them. */
export function chooseEventStore({ REDIS_URL: url }: Environment, app: FastifyInstance): EventStore {
  if (url === undefined) return new MemoryStore()
  const client = new Redis(url, { socketTimeout: SOCKET_TIMEOUT })
  const subscriber = client.duplicate()
  watch(client, app.log)
  // The first connection reports the outages of both.
  subscriber.on('error', () => {})
  app.addHook('onClose', () => {
    client.disconnect()
    subscriber.disconnect()
  })
  app.log.info('streams can be resumed on every server that uses this Redis')
  return new RedisStore({ client, subscriber })
}

/** Logs the start and the end of each outage once, however often the client tries to reconnect. */
function watch(client: Redis, log: FastifyBaseLogger): void {
  let isAway = false
  client.on('error', ({ message }: Error) => {
    if (!isAway) log.warn({ reason: message }, 'Redis cannot be reached: streams cannot be resumed on another server')
    isAway = true
  })
  client.on('ready', () => {
    if (isAway) log.info('Redis is back')
    isAway = false
  })
}
