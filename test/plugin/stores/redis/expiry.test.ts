import t from 'tap'
import { redisServer } from '../../../helpers/redis-server.js'
import { until } from '../../../helpers/until.js'
import { keysOf, newId, noteNotifications, subscribed, twoNodes } from './nodes.js'

const { port } = await redisServer(t)

t.test('every key expires at any time of its life', async t => {
  const { a, b, redis } = twoNodes(t, port, { lease: 50_000, keep: 500_000 })
  const id = newId()
  const names = (...parts: string[]) => parts.map(part => `sse:{${id}}:${part}`).sort()
  const keep = 500_000
  /** Expects exactly these keys, each of which was set to expire in this time not long ago. */
  const has = async (what: string, expected: Record<string, number>) => {
    const keys = await keysOf(redis, id)
    t.strictSame(Object.keys(keys), names(...Object.keys(expected)), what)
    for (const [part, most] of Object.entries(expected)) {
      const [left = 0] = names(part).map(name => keys[name])
      t.ok(left > most - 40_000 && left <= most, `${what}: ${part} expires in ${left} ms`)
    }
  }
  await a.store.create(id, 'me', 'owner')
  await has('created', { lease: 50_000, meta: 550_000 })
  await a.store.append(id, 'me', 1, ['1'])
  await has('first event', { lease: 50_000, log: 550_000, meta: 550_000 })
  await a.store.append(id, 'me', 2, ['2', '3'])
  await b.store.follow(id)
  await has('followed', { followers: 50_000, lease: 50_000, log: 550_000, meta: 550_000 })
  await b.store.stop(id)
  await a.store.renew(id, 'me')
  await has('renewed', { followers: 50_000, lease: 50_000, log: 550_000, meta: 550_000 })
  await a.store.append(id, 'me', 4, [], 'end')
  await has('ended', { log: keep, meta: keep })
  await b.store.follow(id)
  await b.store.unfollow(id)
  await b.store.stop(id)
  await a.store.create(id, 'me', 'owner')
  await has('asked for after its end', { log: keep, meta: keep })
  const other = newId()
  for (const call of [
    a.store.follow(other),
    a.store.unfollow(other),
    a.store.stop(other),
    a.store.endLost(other, '')
  ]) {
    await call
  }
  t.same(await keysOf(redis, other), {}, 'nothing is stored for a stream that does not exist')
})

t.test('renew postpones the expiry of every key', async t => {
  const { a, redis } = twoNodes(t, port, { lease: 50_000, keep: 500_000 })
  const id = newId()
  await a.store.create(id, 'me', undefined)
  await a.store.append(id, 'me', 1, ['1'])
  for (const key of Object.keys(await keysOf(redis, id))) await redis.pexpire(key, 30_000)
  await a.store.renew(id, 'me')
  const left = Object.values(await keysOf(redis, id))
  t.equal(left.length, 3)
  t.ok(left.every(ms => ms > 30_000))
})

t.test('a log whose lease has expired can still be ended, and is then kept for keep', async t => {
  const { a, b, redis } = twoNodes(t, port, { lease: 50_000, keep: 500_000 })
  const id = newId()
  await a.store.create(id, 'me', undefined)
  await redis.del(`sse:{${id}}:lease`)
  t.equal(await b.store.endLost(id, 'lost'), true)
  const keys = await keysOf(redis, id)
  t.strictSame(Object.keys(keys), [`sse:{${id}}:log`, `sse:{${id}}:meta`])
  t.ok(Object.values(keys).every(left => left > 400_000 && left <= 500_000))
})

t.test('keys that Redis has evicted do not mix with new ones', async t => {
  const { a, b, redis } = twoNodes(t, port)
  t.test('a producer can append its log again from the start', async t => {
    const id = newId()
    await a.store.create(id, 'me', undefined)
    await a.store.append(id, 'me', 1, ['1', '2'])
    await redis.del(`sse:{${id}}:log`)
    t.equal(await a.store.append(id, 'me', 3, ['3']), 0)
    t.equal(await a.store.append(id, 'me', 1, ['1', '2', '3']), 3)
    t.notOk(Object.values(await keysOf(redis, id)).includes(-1), 'every key expires')
  })
  t.test('a new stream does not start with the events of an old one', async t => {
    const id = newId()
    await a.store.create(id, 'me', undefined)
    await a.store.append(id, 'me', 1, ['1', '2'])
    await redis.del(`sse:{${id}}:meta`)
    t.equal(await b.store.read(id, 0), undefined)
    t.equal(await b.store.create(id, 'you', undefined), true)
    await t.rejects(a.store.append(id, 'me', 3, ['3']), { code: 'FST_SSE_PRODUCER_FENCED' })
    t.equal(await b.store.append(id, 'you', 1, ['new']), 1)
    t.same((await a.store.read(id, 0))?.events, ['new'])
  })
})

t.test('followers expire by the clock of Redis', async t => {
  const { a, b, redis } = twoNodes(t, port)
  const id = newId()
  const followers = async () => (await a.store.renew(id, 'me')).followers
  await a.store.create(id, 'me', undefined)
  t.equal(await followers(), 0)
  await b.store.follow(id)
  await b.store.follow(id)
  t.equal(await followers(), 1)
  await a.store.follow(id)
  t.equal(await followers(), 2)
  const [stale = ''] = await redis.zrange(`sse:{${id}}:followers`, '0', '-1')
  await redis.zadd(`sse:{${id}}:followers`, '1', stale)
  t.equal(await followers(), 1, 'one has expired')
  const notifications = noteNotifications(t, a.store)
  await subscribed(notifications)
  await Promise.all([a.store.follow(id), b.store.follow(id)])
  await until('the producer is notified of a follower that is back', () => notifications.includes(id))
  t.equal(await followers(), 2)
  await a.store.unfollow(id)
  await b.store.unfollow(id)
  t.equal(await followers(), 0)
})

t.test('a node with a shorter lease does not shorten the lease of another', async t => {
  const { a, redis } = twoNodes(t, port, { lease: 100_000 })
  const { b } = twoNodes(t, port, { lease: 1000 })
  const id = newId()
  await a.store.create(id, 'me', undefined)
  await a.store.follow(id)
  await b.store.follow(id)
  t.ok((await redis.pttl(`sse:{${id}}:followers`)) > 1000)
})
