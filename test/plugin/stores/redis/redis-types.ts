import { Cluster, Redis } from 'ioredis'
import { RedisStore, type RedisStoreOptions } from '../../../../plugin/stores/redis/redis-store.js'

/** What a user may hand in. It is compiled, and never called. */
export function make(): RedisStore[] {
  const redis = new Redis({ lazyConnect: true })
  const mapped = new Redis({ lazyConnect: true, replyMapping: 'resp3' })
  const cluster = new Cluster([])
  const subscriber = redis.duplicate()
  const options: RedisStoreOptions = { client: redis, subscriber, prefix: 'app:', lease: 1000, keep: 1000 }
  return [
    new RedisStore(options),
    new RedisStore({ client: redis, subscriber: redis.duplicate({ db: 1 }), maxEvents: 1, maxBytes: 1, timeout: 1 }),
    new RedisStore({ client: mapped, subscriber: mapped.duplicate() }),
    new RedisStore({ client: cluster, subscriber: cluster.duplicate() }),
    new RedisStore({ client: cluster, subscriber: cluster }),
    new RedisStore({ client: cluster, subscriber: redis }),
    // @ts-expect-error there is no subscriber
    new RedisStore({ client: redis }),
    // @ts-expect-error an address is no client
    new RedisStore({ client: 'redis://localhost', subscriber }),
    // @ts-expect-error there is no such option
    new RedisStore({ client: redis, subscriber, ttl: 1000 })
  ]
}
