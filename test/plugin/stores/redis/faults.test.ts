import type { RedisOptions } from 'ioredis'
import t, { type Test } from 'tap'
import { RedisStore, type RedisStoreOptions } from '../../../../plugin/stores/redis/redis-store.js'
import { redisClient, redisServer } from '../../../helpers/redis-server.js'
import { tcpProxy } from '../../../helpers/tcp-proxy.js'
import { until } from '../../../helpers/until.js'

const UNAVAILABLE = { code: 'FST_SSE_STORE_UNAVAILABLE' }
const FENCED = { code: 'FST_SSE_PRODUCER_FENCED' }
const LASTING = ['--appendonly', 'yes', '--appendfsync', 'always']

/** Comes back soon, as a test has no time to lose. */
const QUICK: RedisOptions = { retryStrategy: () => 20, maxRetriesPerRequest: null }

/** A node that is connected, and what it is rung for. */
async function node(t: Test, port: number, options: Partial<RedisStoreOptions> = {}, connection = QUICK) {
  const [client, subscriber] = [redisClient(t, port, connection), redisClient(t, port, connection)]
  const store = new RedisStore({ client, subscriber, lease: 60_000, ...options })
  const rings: (string | undefined)[] = []
  t.teardown(store.subscribe(id => rings.push(id)))
  await until('the node is connected', () => client.status === 'ready' && rings.includes(undefined))
  return { client, subscriber, store, rings }
}

let ids = 0
function newId() {
  return `stream-${ids++}`
}

/** Tries until Redis is there again, as nodes do. */
async function again<T>(what: string, call: () => Promise<T>): Promise<T> {
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

/** All that a store can be asked. */
function allCalls(store: RedisStore, id: string): Promise<unknown>[] {
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

t.test('a Redis that has forgotten the scripts is told them again', async t => {
  const { port } = await redisServer(t)
  const { client, store } = await node(t, port)
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
    'the client is left as it was'
  )
  t.same((client as unknown as { scriptsSet: object }).scriptsSet, {})
})

t.test('a Redis that is killed and started anew', async t => {
  for (const lasting of [true, false]) {
    t.test(lasting ? 'with what it had' : 'with nothing', async t => {
      const server = await redisServer(t, ...(lasting ? LASTING : []))
      const a = await node(t, server.port)
      const b = await node(t, server.port)
      const id = newId()
      await a.store.create(id, 'me', 'owner')
      await a.store.append(id, 'me', 1, ['1', '2'])
      await b.store.follow(id)
      b.rings.length = 0
      await server.kill()
      await until('the node has noticed', () => a.client.status === 'reconnecting')
      for (const call of allCalls(a.store, id)) await t.rejects(call, UNAVAILABLE)
      await server.start()
      if (lasting) {
        t.equal(await again('an event arrives', () => a.store.append(id, 'me', 3, ['3'])), 3)
        const page = await again('the other node reads', () => b.store.read(id, 0))
        t.match(page, { owner: 'owner', events: ['1', '2', '3'] })
      } else {
        await t.rejects(
          again('Redis answers', () => a.store.append(id, 'me', 3, ['3'])),
          FENCED
        )
        t.equal(await again('the other node asks', () => b.store.read(id, 0)), undefined)
      }
      await until('the node is told that rings may have been missed', () => b.rings.includes(undefined))
      const next = newId()
      t.equal(await again('a log is made', () => a.store.create(next, 'me', undefined)), true)
      await again('it is followed', () => b.store.follow(next))
      t.equal(await a.store.append(next, 'me', 1, ['1']), 1)
      await until('rings come again', () => b.rings.includes(next))
    })
  }
})

t.test('what is underway when Redis is killed has an answer or an error in bounded time', async t => {
  const server = await redisServer(t, ...LASTING)
  const { store } = await node(t, server.port, { timeout: 500 })
  const id = newId()
  await store.create(id, 'me', undefined)
  await store.append(id, 'me', 1, ['1'])
  const calls = Array.from({ length: 50 }, () => allCalls(store, id)).flat()
  const kill = server.kill()
  const outcomes = await Promise.allSettled(calls)
  for (const outcome of outcomes) if (outcome.status === 'rejected') t.match(outcome.reason, UNAVAILABLE)
  await kill
  await server.start()
  const page = await again('Redis answers', () => store.read(id, 0))
  t.match(page, { events: ['1'], end: undefined }, 'what was sent again has changed nothing')
})

t.test('a client that is closed', async t => {
  const { port } = await redisServer(t)
  const { client, subscriber, store, rings } = await node(t, port)
  client.disconnect()
  subscriber.disconnect()
  await until('it is closed', () => client.status === 'end' && subscriber.status === 'end')
  for (const call of allCalls(store, newId())) await t.rejects(call, UNAVAILABLE)
  const stop = store.subscribe(() => {})
  stop()
  rings.length = 0
  await Promise.all([client.connect(), subscriber.connect()])
  t.equal(await store.create(newId(), 'me', undefined), true, 'works again when it is opened again')
  await until('the node is told that rings may have been missed', () => rings.includes(undefined))
})

t.test('a subscription that fails', async t => {
  const { port } = await redisServer(t)
  const [client, subscriber] = [redisClient(t, port, QUICK), redisClient(t, port, QUICK)]
  await until('it is connected', () => subscriber.status === 'ready')
  subscriber.disconnect()
  await until('it is closed', () => subscriber.status === 'end')
  const store = new RedisStore({ client, subscriber })
  const rings: (string | undefined)[] = []
  const stop = store.subscribe(id => rings.push(id))
  // An unhandled rejection would fail this test.
  await new Promise(resolve => setImmediate(resolve))
  t.same(rings, [])
  await subscriber.connect()
  await until('it is made when the connection is ready', () => rings.includes(undefined))
  subscriber.disconnect()
  await until('it is closed', () => subscriber.status === 'end')
  stop()
  await new Promise(resolve => setImmediate(resolve))
  t.equal(subscriber.listenerCount('message'), 0)
})

t.test('a subscriber that does not subscribe again by itself is made to', async t => {
  const server = await redisServer(t)
  const { subscriber, store, rings } = await node(t, server.port, {}, { ...QUICK, autoResubscribe: false })
  rings.length = 0
  await server.kill()
  await until('the node has noticed', () => subscriber.status === 'reconnecting')
  await server.start()
  const id = newId()
  await again('a log is made', () => store.create(id, 'me', undefined))
  await until('it is rung again', async () => {
    await store.stop(id)
    return rings.includes(id)
  })
  t.ok(rings.includes(undefined))
})

t.test('a Redis that is full', async t => {
  const { port } = await redisServer(t, '--maxmemory-policy', 'noeviction')
  const a = await node(t, port)
  const b = await node(t, port)
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
  t.match(await b.store.read(id, 0), { events: ['1'], end: undefined }, 'nothing is half-written')
  t.equal(await b.store.read(other, 0), undefined)
  t.same(await redis.keys(`*${other}*`), [])
  t.same(await a.store.renew(id, 'me'), { stop: false, followers: 1 }, 'the lease is held')
  t.ok((await redis.pttl(`sse:{${id}}:lease`)) > 30_000)
  await b.store.unfollow(id)
  t.same(await a.store.renew(id, 'me'), { stop: false, followers: 0 }, 'nodes may leave')
  await b.store.follow(id)
  t.same(await a.store.renew(id, 'me'), { stop: false, followers: 1 }, 'and come')
  t.equal(await b.store.stop(id), true)
  t.same(await a.store.renew(id, 'me'), { stop: true, followers: 1 }, 'and stop what costs money')
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

t.test('a Redis that refuses to write', async t => {
  const { port } = await redisServer(t)
  const { store } = await node(t, port)
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

t.test('a password that is wrong is not shown', async t => {
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

for (const direction of ['to server', 'to client', 'both'] as const) {
  t.test(`a network that lets nothing through any more: ${direction}`, async t => {
    const { port } = await redisServer(t)
    const proxy = await tcpProxy(t, port)
    const [a, b] = [await node(t, proxy.port, { timeout: 200 }), await node(t, port)]
    const id = newId()
    await a.store.create(id, 'me', undefined)
    await a.store.append(id, 'me', 1, ['1'])
    await b.store.follow(id)
    a.rings.length = 0
    proxy.cut(direction)
    await t.rejects(a.store.append(id, 'me', 2, ['2']), { ...UNAVAILABLE, cause: { message: /no answer within/ } })
    for (const call of allCalls(a.store, id)) await t.rejects(call, UNAVAILABLE)
    t.equal(await b.store.stop(id), true, 'the other node has its own connection')
    proxy.heal()
    // The event that was taken for lost arrives late, or has arrived.
    t.equal(await again('Redis answers', () => a.store.append(id, 'me', 2, ['2'])), 2)
    t.equal(await a.store.append(id, 'me', 3, ['3']), 3)
    t.match(await b.store.read(id, 0), { events: ['1', '2', '3'] })
    await until('the ring comes late', () => a.rings.includes(id))
  })
}

t.test('a Redis that hangs is asked by one call at a time, and no other waits for it', async t => {
  const server = await redisServer(t)
  const { client, store } = await node(t, server.port, { timeout: 100 })
  const pid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1])
  const ask = async () => {
    const results = await Promise.allSettled(Array.from({ length: 1000 }, () => store.read('none', 0)))
    const causes = results.map(result => (result.status === 'rejected' ? result.reason.cause.message : 'answered'))
    return causes.filter(cause => cause !== 'Redis has not answered lately')
  }
  process.kill(pid, 'SIGSTOP')
  t.strictSame(new Set(await ask()), new Set(['no answer within 100 ms']))
  t.strictSame(await ask(), [])
  let asked: string[] = []
  await until('it is asked again', async () => {
    asked = await ask()
    return asked.length > 0
  })
  t.strictSame(asked, ['no answer within 100 ms'])
  process.kill(pid, 'SIGCONT')
  t.equal(await again('Redis answers', () => store.read('none', 0)), undefined)
})

t.test('connections that break', async t => {
  const { port } = await redisServer(t)
  const proxy = await tcpProxy(t, port)
  const [a, b] = [await node(t, proxy.port), await node(t, port)]
  const id = newId()
  await a.store.create(id, 'me', undefined)
  for (let round = 0; round < 5; round++) {
    a.rings.length = 0
    const first = 2 * round + 1
    const append = (n: number) => again('the event arrives', () => a.store.append(id, 'me', n, [`${n}`]))
    const event = append(first)
    setImmediate(() => setImmediate(() => proxy.reset()))
    t.equal(await event, first)
    t.equal(await append(first + 1), first + 1)
    await until('the node is told that rings may have been missed', () => a.rings.includes(undefined))
  }
  t.match(await b.store.read(id, 0), { events: ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'] })
})

t.test('a process that was stopped does not take its sleep for an outage', async t => {
  const { port } = await redisServer(t)
  const { store } = await node(t, port, { timeout: 2000 })
  const id = newId()
  await store.create(id, 'me', undefined)
  const event = store.append(id, 'me', 1, ['1'])
  // By then it has been sent.
  setImmediate(() => setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)))
  t.equal(await event, 1)
})
