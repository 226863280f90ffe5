import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import { type EventStore, MemoryStore } from '../plugin/index.js'
import { RedisStore } from '../plugin/stores/redis/redis-store.js'
import type { Environment } from './environment.js'

/** After how long without an answer a connection is taken for dead, of which the system would tell much later. Milliseconds. */
const SOCKET_TIMEOUT = 5000

/** Where the server keeps the events of its streams: in Redis where it is told of one, so that any node has them. */
export function chooseEventStore({ REDIS_URL: url }: Environment, app: FastifyInstance): EventStore {
  if (url === undefined) return new MemoryStore()
  const client = new Redis(url, { socketTimeout: SOCKET_TIMEOUT })
  const subscriber = client.duplicate()
  watch(client, app.log)
  // What there is to say of Redis, the first connection says.
  subscriber.on('error', () => {})
  app.addHook('onClose', () => {
    client.disconnect()
    subscriber.disconnect()
  })
  app.log.info('streams can be resumed on every server that shares this Redis')
  return new RedisStore({ client, subscriber })
}

/** Logs each outage once, and its end: a client tries again many times. */
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
