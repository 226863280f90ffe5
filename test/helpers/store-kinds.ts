import type { Test } from 'tap'
import { type EventStore, MemoryStore } from '../../plugin/index.js'
import { RedisStore } from '../../plugin/stores/redis/redis-store.js'
import { redisClient, redisServer } from './redis-server.js'

/** Makes the stores of two nodes over the same data, which each kind of store that ships has. */
export const storeKinds: Record<string, (t: Test) => Promise<[EventStore, EventStore]>> = {
  async MemoryStore() {
    const store = new MemoryStore()
    return [store, store]
  },
  async RedisStore(t) {
    const { port } = await redisServer(t)
    const make = () =>
      new RedisStore({ client: redisClient(t, port), subscriber: redisClient(t, port), lease: 1000, linger: 1 })
    return [make(), make()]
  }
}

/** A call of a store, and what it gave. */
export interface StoreCall {
  method: string
  /** The key of the stream. */
  key: unknown
  args: unknown[]
  result?: unknown
}

/** A store whose calls are recorded. */
export function recorded(store: EventStore): { store: EventStore; calls: StoreCall[] } {
  const calls: StoreCall[] = []
  const get = (target: EventStore, name: string) => {
    const member: unknown = Reflect.get(target, name)
    if (typeof member !== 'function') return member
    if (name === 'subscribe') return member.bind(target)
    return async (...args: unknown[]) => {
      const call: StoreCall = { method: name, key: args[0], args }
      calls.push(call)
      call.result = await member.apply(target, args)
      return call.result
    }
  }
  return { calls, store: new Proxy(store, { get: (target, name) => get(target, String(name)) }) }
}
