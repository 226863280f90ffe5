import t from 'tap'
import { RedisClock } from '../../../../plugin/stores/redis/redis-clock.js'
import { RedisStore } from '../../../../plugin/stores/redis/redis-store.js'
import { redisClient, redisServer } from '../../../helpers/redis-server.js'

t.test('knows no time before the first answer, and then that of Redis', async t => {
  const clock = new RedisClock()
  t.equal(clock.after(1000), 0)
  for (const time of [1_700_000_000_000, 5]) {
    clock.observe(time)
    const later = clock.after(60_000)
    t.ok(later >= time + 60_000 && later < time + 120_000)
  }
})

t.test('a store that does not know the time of Redis yet learns it with its first stream', async t => {
  const { port } = await redisServer(t)
  const client = redisClient(t, port)
  const store = new RedisStore({ client, subscriber: redisClient(t, port) })
  t.equal(await store.create('first', 'me', undefined), true)
  t.equal(await store.create('first', 'other', undefined), false)
  t.equal(await store.create('second', 'me', undefined), true)
})

t.test('a store that is subscribed creates its first stream with one call, and leaves no key before', async t => {
  const { port } = await redisServer(t)
  const client = redisClient(t, port)
  const store = new RedisStore({ client, subscriber: redisClient(t, port) })
  t.teardown(store.subscribe(() => {}))
  // Calls are answered in order.
  t.equal(await store.read('first', 0), undefined)
  t.same(await client.keys('*'), [])
  const calls = async () => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await client.info('commandstats'))?.[1])
  const before = await calls()
  t.equal(await store.create('first', 'me', undefined), true)
  t.equal((await calls()) - before, 1)
})

t.test('a call that is too late twice creates nothing, and fails', async t => {
  const { port } = await redisServer(t)
  const asked: unknown[][] = []
  const client = {
    status: 'ready',
    isCluster: true,
    evalsha: async (...args: unknown[]) => {
      asked.push(args)
      return [-1, 5]
    },
    eval: async () => undefined,
    pipeline: () => ({ exec: async () => null })
  }
  const store = new RedisStore({ client, subscriber: redisClient(t, port) })
  await t.rejects(store.create('id', 'me', undefined), {
    code: 'FST_SSE_STORE_UNAVAILABLE',
    cause: { message: 'the call has arrived too late' }
  })
  t.equal(asked.length, 2)
})
