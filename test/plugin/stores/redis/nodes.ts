import type { Redis, RedisOptions } from 'ioredis'
import type { Test } from 'tap'
import { RedisStore, type RedisStoreOptions } from '../../../../plugin/stores/redis/redis-store.js'
import { redisClient } from '../../../helpers/redis-server.js'
import { until } from '../../../helpers/until.js'

export const UNAVAILABLE = { code: 'FST_SSE_STORE_UNAVAILABLE' }

/** Reconnects soon, to save time. */
export const QUICK: RedisOptions = { retryStrategy: () => 20, maxRetriesPerRequest: null }

/** Two nodes of one Redis, and a connection to inspect it. */
export function twoNodes(
  t: Test,
  port: number,
  options: Partial<RedisStoreOptions> = {},
  connection: RedisOptions = {}
) {
  const make = () => {
    const client = redisClient(t, port, connection)
    const subscriber = redisClient(t, port, connection)
    return { client, subscriber, store: new RedisStore({ client, subscriber, ...options }) }
  }
  const [a, b] = [make(), make()]
  return { a, b, redis: redisClient(t, port) }
}

/** A node that is connected, and its notifications. */
export async function connectedNode(
  t: Test,
  port: number,
  options: Partial<RedisStoreOptions> = {},
  connection = QUICK
) {
  const [client, subscriber] = [redisClient(t, port, connection), redisClient(t, port, connection)]
  const store = new RedisStore({ client, subscriber, lease: 60_000, ...options })
  const notifications = noteNotifications(t, store)
  await until('the node is connected', () => client.status === 'ready' && notifications.includes(undefined))
  return { client, subscriber, store, notifications }
}

/** Notes the notifications of a node. */
export function noteNotifications(t: Test, store: RedisStore): (string | undefined)[] {
  const notifications: (string | undefined)[] = []
  t.teardown(store.subscribe(id => notifications.push(id)))
  return notifications
}

/** Waits for the subscription: a node is notified of any stream once nothing more can be missed. */
export async function subscribed(notifications: (string | undefined)[]): Promise<void> {
  await until('it is subscribed', () => notifications.includes(undefined))
  notifications.length = 0
}

let ids = 0

/** An id that no other test uses, not even one in another process. */
export function newId(): string {
  return `${process.pid}-${ids++}`
}

/** The keys of a stream, and the milliseconds until each expires. */
export async function keysOf(redis: Redis, id: string): Promise<Record<string, number>> {
  const keys = (await redis.keys('*')).filter(key => key.includes(id)).sort()
  return Object.fromEntries(await Promise.all(keys.map(async key => [key, await redis.pttl(key)])))
}

/** Repeats a call until Redis is available, as nodes do. */
export async function whenAvailable<T>(what: string, call: () => Promise<T>): Promise<T> {
  let result: T | undefined
  await until(what, async () => {
    try {
      result = await call()
      return true
    } catch (error) {
      if ((error as { code?: string }).code !== UNAVAILABLE.code) throw error
      return false
    }
  })
  return result as T
}

/** Every call of a store. */
export function allCalls(store: RedisStore, id: string): Promise<unknown>[] {
  return [
    store.create(id, 'me', undefined),
    store.append(id, 'me', 1, ['1']),
    store.renew(id, 'me'),
    store.read(id, 0),
    store.follow(id),
    store.unfollow(id),
    store.endLost(id, 'lost'),
    store.stop(id)
  ]
}
