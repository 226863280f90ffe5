import type { RedisOptions } from 'ioredis'
import t from 'tap'
import { RedisStore } from '../../../../plugin/stores/redis/redis-store.js'
import { redisClient, redisServer } from '../../../helpers/redis-server.js'
import { until } from '../../../helpers/until.js'
import { keysOf, newId, noteNotifications, subscribed, twoNodes } from './nodes.js'

const { port } = await redisServer(t)

const connections: Record<string, RedisOptions> = {
  RESP2: { protocol: 2 },
  'a keyPrefix': { keyPrefix: 'app:' },
  'a keyPrefix with a hash tag': { keyPrefix: '{app}:' },
  'numbers as text': { stringNumbers: true },
  'automatic pipelines': { enableAutoPipelining: true },
  'maps as objects': { replyMapping: 'resp3' },
  'no offline queue': { enableOfflineQueue: false }
}
for (const [what, connection] of Object.entries(connections)) {
  t.test(`works with a client that uses ${what}`, async t => {
    const { a, b, redis } = twoNodes(t, port, {}, connection)
    const connected = [a.client, a.subscriber, b.client, b.subscriber]
    await until('all are connected', () => connected.every(({ status }) => status === 'ready'))
    const [notificationsOfA, notificationsOfB] = [noteNotifications(t, a.store), noteNotifications(t, b.store)]
    await subscribed(notificationsOfA)
    await subscribed(notificationsOfB)
    const id = newId()
    t.equal(await a.store.create(id, 'me', ''), true)
    t.equal(await b.store.create(id, 'you', ''), false)
    await b.store.follow(id)
    await until('the producer is notified', () => notificationsOfA.includes(id))
    t.equal(await a.store.append(id, 'me', 1, ['1', '2']), 2)
    await until('the follower is notified', () => notificationsOfB.includes(id))
    t.equal(await b.store.stop(id), true)
    t.same(await a.store.renew(id, 'me'), { stop: true, followers: 1 })
    const page = await b.store.read(id, 0)
    t.ok(Number.isSafeInteger(page?.leaseLeft))
    t.match(page, { owner: '', first: 1, events: ['1', '2'], end: undefined })
    t.equal(await a.store.append(id, 'me', 3, ['3'], 'end'), 3)
    t.strictSame(await b.store.read(id, 2), {
      producer: 'me',
      owner: '',
      protocol: undefined,
      first: 3,
      events: ['3'],
      more: false,
      end: { frame: 'end', lost: false },
      leaseLeft: 0
    })
    const prefix = String(connection.keyPrefix ?? '')
    t.strictSame(Object.keys(await keysOf(redis, id)), [`${prefix}sse:{${id}}:log`, `${prefix}sse:{${id}}:meta`])
  })
}

t.test('stores with different prefixes share nothing', async t => {
  const { a } = twoNodes(t, port, { prefix: 'one:' })
  const { b, redis } = twoNodes(t, port, { prefix: '' })
  const id = newId()
  t.equal(await a.store.create(id, 'me', undefined), true)
  t.equal(await b.store.read(id, 0), undefined)
  t.equal(await b.store.create(id, 'you', undefined), true)
  const keys = Object.keys(await keysOf(redis, id))
  t.strictSame(keys, [`one:{${id}}:lease`, `one:{${id}}:meta`, `{${id}}:lease`, `{${id}}:meta`])
})

t.test('any number of streams needs two connections and one subscription', async t => {
  const { port } = await redisServer(t)
  const make = () => {
    const [client, subscriber] = [redisClient(t, port), redisClient(t, port)]
    return new RedisStore({ client, subscriber, timeout: 60_000 })
  }
  const [a, b] = [make(), make()]
  const redis = redisClient(t, port)
  const [notificationsOfA, notificationsOfB] = [noteNotifications(t, a), noteNotifications(t, b)]
  await subscribed(notificationsOfA)
  await subscribed(notificationsOfB)
  const connections = async () =>
    String(await redis.client('LIST'))
      .trim()
      .split('\n').length
  const subscriptions = async () => (await redis.pubsub('CHANNELS', '*')).length
  t.same([await connections(), await subscriptions()], [5, 2])
  const streams = Array.from({ length: 1000 }, newId)
  await Promise.all(streams.map(id => a.create(id, 'me', undefined)))
  await Promise.all(streams.map(id => b.follow(id)))
  await Promise.all(streams.map(id => a.append(id, 'me', 1, ['1'])))
  await until('both are notified of all', () =>
    [notificationsOfA, notificationsOfB].every(notifications => new Set(notifications).size === 1000)
  )
  t.same([await connections(), await subscriptions()], [5, 2])
})

t.test('all calls of a turn are sent in one write', async t => {
  const { a } = twoNodes(t, port)
  const id = newId()
  await a.store.create(id, 'me', undefined)
  const { stream } = a.client
  const { write } = stream
  let writes = 0
  stream.write = ((...args: Parameters<typeof write>) => {
    writes++
    return write.apply(stream, args)
  }) as typeof write
  await Promise.all(Array.from({ length: 100 }, () => a.store.renew(id, 'me')))
  t.equal(writes, 1)
  await Promise.all([a.store.renew(id, 'me'), Promise.resolve().then(() => a.store.renew(id, 'me'))])
  t.equal(writes, 2)
})

t.test('an event takes one command of the client, and few of the script', async t => {
  const { a, b, redis } = twoNodes(t, port)
  const commands = async () => {
    const stats = await redis.info('commandstats')
    const calls = [...stats.matchAll(/cmdstat_(\w+):calls=(\d+)/g)].map(([, name, n]) => [name, Number(n)] as const)
    return Object.fromEntries(calls)
  }
  const id = newId()
  await a.store.create(id, 'me', undefined)
  await a.store.append(id, 'me', 1, ['1'])
  const measure = async (first: number) => {
    await redis.config('RESETSTAT')
    for (let n = first; n < first + 100; n++) await a.store.append(id, 'me', n, ['data: token\n\n'])
    const { info: _info, config: _config, ...rest } = await commands()
    return rest
  }
  t.strictSame(await measure(2), { evalsha: 100, xlen: 100, get: 100, xadd: 100, exists: 100 })
  await b.store.follow(id)
  const followed = { evalsha: 100, xlen: 100, get: 100, xadd: 100, exists: 100 }
  t.match(await measure(102), { ...followed, time: 100, zrangebyscore: 100, publish: 100 })
})
