import t from 'tap'
import { RedisStore } from '../../../../plugin/stores/redis/redis-store.js'
import { redisClient, redisServer } from '../../../helpers/redis-server.js'
import { until } from '../../../helpers/until.js'
import { allCalls, connectedNode, newId, QUICK, UNAVAILABLE, whenAvailable } from './nodes.js'

const FENCED = { code: 'FST_SSE_PRODUCER_FENCED' }
/** Keeps what it has on disk. */
const PERSISTENT = ['--appendonly', 'yes', '--appendfsync', 'always']

t.test('scripts are sent again to a Redis that has lost them', async t => {
  const { port } = await redisServer(t)
  const { client, store } = await connectedNode(t, port)
  const id = newId()
  await store.create(id, 'me', undefined)
  await store.append(id, 'me', 1, ['1'])
  await client.script('FLUSH')
  t.equal(await store.append(id, 'me', 2, ['2']), 2)
  await client.script('FLUSH')
  const results = await Promise.all(allCalls(store, id))
  t.strictSame(results.slice(0, 3), [true, 2, { stop: false, followers: 0 }])
  t.same(
    Object.keys(client).filter(name => /script/i.test(name)),
    ['scriptsSet'],
    'the client is unchanged'
  )
  t.same((client as unknown as { scriptsSet: object }).scriptsSet, {})
})

t.test('a Redis that is killed and restarted', async t => {
  for (const isPersistent of [true, false]) {
    t.test(isPersistent ? 'with its data' : 'without its data', async t => {
      const server = await redisServer(t, ...(isPersistent ? PERSISTENT : []))
      const a = await connectedNode(t, server.port)
      const b = await connectedNode(t, server.port)
      const id = newId()
      await a.store.create(id, 'me', 'owner')
      await a.store.append(id, 'me', 1, ['1', '2'])
      await b.store.follow(id)
      b.notifications.length = 0
      await server.kill()
      await until('the node has noticed', () => a.client.status === 'reconnecting')
      for (const call of allCalls(a.store, id)) await t.rejects(call, UNAVAILABLE)
      await server.start()
      if (isPersistent) {
        t.equal(await whenAvailable('an event arrives', () => a.store.append(id, 'me', 3, ['3'])), 3)
        const page = await whenAvailable('the other node reads', () => b.store.read(id, 0))
        t.match(page, { owner: 'owner', events: ['1', '2', '3'] })
      } else {
        await t.rejects(
          whenAvailable('Redis answers', () => a.store.append(id, 'me', 3, ['3'])),
          FENCED
        )
        t.equal(await whenAvailable('the other node asks', () => b.store.read(id, 0)), undefined)
      }
      await until('the node is notified of any stream', () => b.notifications.includes(undefined))
      const next = newId()
      t.equal(await whenAvailable('a log is made', () => a.store.create(next, 'me', undefined)), true)
      await whenAvailable('it is followed', () => b.store.follow(next))
      t.equal(await a.store.append(next, 'me', 1, ['1']), 1)
      await until('the node is notified again', () => b.notifications.includes(next))
    })
  }
})

t.test('a call that is pending when Redis is killed is answered or fails within a bounded time', async t => {
  const server = await redisServer(t, ...PERSISTENT)
  const { store } = await connectedNode(t, server.port, { timeout: 500 })
  const id = newId()
  await store.create(id, 'me', undefined)
  await store.append(id, 'me', 1, ['1'])
  const calls = Array.from({ length: 50 }, () => allCalls(store, id)).flat()
  const kill = server.kill()
  const outcomes = await Promise.allSettled(calls)
  for (const outcome of outcomes) if (outcome.status === 'rejected') t.match(outcome.reason, UNAVAILABLE)
  await kill
  await server.start()
  const page = await whenAvailable('Redis answers', () => store.read(id, 0))
  t.match(page, { events: ['1'], end: undefined }, 'a repeated call has changed nothing')
})

t.test('a Redis that is full', async t => {
  const { port } = await redisServer(t, '--maxmemory-policy', 'noeviction')
  const a = await connectedNode(t, port)
  const b = await connectedNode(t, port)
  const redis = redisClient(t, port)
  const id = newId()
  await a.store.create(id, 'me', undefined)
  await a.store.append(id, 'me', 1, ['1'])
  await b.store.follow(id)
  await redis.pexpire(`sse:{${id}}:lease`, 30_000)
  await redis.config('SET', 'maxmemory', '1')
  const OOM = { ...UNAVAILABLE, cause: { message: /^OOM / } }
  const other = newId()
  await t.rejects(a.store.append(id, 'me', 2, ['2', '3']), OOM)
  await t.rejects(a.store.append(id, 'me', 2, ['2', '3'], 'end'), OOM)
  await t.rejects(a.store.append(id, 'me', 2, [], 'end'), OOM)
  await t.rejects(a.store.create(other, 'me', 'owner'), OOM)
  t.match(await b.store.read(id, 0), { events: ['1'], end: undefined }, 'nothing is stored in part')
  t.equal(await b.store.read(other, 0), undefined)
  t.same(await redis.keys(`*${other}*`), [])
  t.same(await a.store.renew(id, 'me'), { stop: false, followers: 1 }, 'the lease is held')
  t.ok((await redis.pttl(`sse:{${id}}:lease`)) > 30_000)
  await b.store.unfollow(id)
  t.same(await a.store.renew(id, 'me'), { stop: false, followers: 0 }, 'followers can leave')
  await b.store.follow(id)
  t.same(await a.store.renew(id, 'me'), { stop: false, followers: 1 }, 'and come back')
  t.equal(await b.store.stop(id), true)
  t.same(await a.store.renew(id, 'me'), { stop: true, followers: 1 }, 'and stop the stream')
  const lost = newId()
  await redis.config('SET', 'maxmemory', '0')
  await a.store.create(lost, 'me', undefined)
  await redis.del(`sse:{${lost}}:lease`)
  await redis.config('SET', 'maxmemory', '1')
  await t.rejects(b.store.endLost(lost, 'lost'), OOM)
  await redis.config('SET', 'maxmemory', '0')
  t.equal(await b.store.endLost(lost, 'lost'), true)
  t.equal(await a.store.append(id, 'me', 2, ['2', '3'], 'end'), 3)
  t.match(await b.store.read(id, 0), { events: ['1', '2', '3'], end: { frame: 'end', lost: false } })
})

t.test('a Redis that refuses writes', async t => {
  const { port } = await redisServer(t)
  const { store } = await connectedNode(t, port)
  const redis = redisClient(t, port)
  const id = newId()
  await store.create(id, 'me', undefined)
  await redis.config('SET', 'min-replicas-to-write', '1')
  await t.rejects(store.append(id, 'me', 1, ['1']), { ...UNAVAILABLE, cause: { message: /^NOREPLICAS/ } })
  await redis.config('SET', 'min-replicas-to-write', '0')
  await redis.replicaof('127.0.0.1', '1')
  await t.rejects(store.append(id, 'me', 1, ['1']), { ...UNAVAILABLE, cause: { message: /READONLY/ } })
  await redis.replicaof('NO', 'ONE')
  t.equal(await store.append(id, 'me', 1, ['1']), 1)
})

t.test('a wrong password is not shown', async t => {
  const { port } = await redisServer(t, '--requirepass', 'right-secret')
  const errors: unknown[] = []
  for (const password of ['wrong-secret', undefined]) {
    const connection = { ...QUICK, ...(password && { password }) }
    const [client, subscriber] = [redisClient(t, port, connection), redisClient(t, port, connection)]
    const store = new RedisStore({ client, subscriber, timeout: 200 })
    await store.create(newId(), 'me', undefined).catch(error => errors.push(error))
    client.disconnect()
    subscriber.disconnect()
  }
  t.equal(errors.length, 2)
  for (const error of errors) {
    t.match(error, UNAVAILABLE)
    const { cause, stack } = error as Error & { cause: Error }
    t.notMatch(`${stack} ${cause.stack} ${JSON.stringify({ ...cause })}`, /secret/)
  }
})
