import { inspect } from 'node:util'
import type { Redis, RedisOptions } from 'ioredis'
import t, { type Test } from 'tap'
import { RedisStore, type RedisStoreOptions } from '../../../../plugin/stores/redis/redis-store.js'
import { redisClient, redisServer } from '../../../helpers/redis-server.js'
import { until } from '../../../helpers/until.js'

const { port } = await redisServer(t)

/** Two nodes of one Redis, and a connection that looks at it. */
function nodes(t: Test, options: Partial<RedisStoreOptions> = {}, connection: RedisOptions = {}) {
  const make = () => {
    const client = redisClient(t, port, connection)
    const subscriber = redisClient(t, port, connection)
    return { client, subscriber, store: new RedisStore({ client, subscriber, ...options }) }
  }
  const [a, b] = [make(), make()]
  return { a, b, redis: redisClient(t, port) }
}

/** Notes what a store is rung for. */
function noteRings(t: Test, store: RedisStore) {
  const rings: (string | undefined)[] = []
  t.teardown(store.subscribe(id => rings.push(id)))
  return rings
}

/** The subscription is there: what is missed before is made up for by a ring for all. */
async function listening(rings: (string | undefined)[]) {
  await until('it listens', () => rings.includes(undefined))
  rings.length = 0
}

let ids = 0
function newId() {
  return `${process.pid}-${ids++}`
}

/** The keys of a stream with the milliseconds that each has yet to live. */
async function keysOf(redis: Redis, id: string): Promise<Record<string, number>> {
  const keys = (await redis.keys('*')).filter(key => key.includes(id)).sort()
  return Object.fromEntries(await Promise.all(keys.map(async key => [key, await redis.pttl(key)])))
}

t.test('options', async t => {
  const client = redisClient(t, port)
  const subscriber = redisClient(t, port)
  const refused = (options: object) => {
    try {
      new RedisStore({ client, subscriber, ...options })
      return undefined
    } catch (error) {
      const { code, message } = error as Error & { code: string }
      return code === 'FST_SSE_OPTION_INVALID' ? message : error
    }
  }

  t.test('have defaults', async t => {
    for (const options of [{}, { lease: undefined, maxEvents: undefined, maxBytes: undefined, prefix: undefined }]) {
      const store = new RedisStore({ client, subscriber, ...options } as RedisStoreOptions)
      t.match(store, { lease: 10_000, linger: 500, maxEvents: 65_536, maxBytes: 1_048_576 })
    }
  })

  t.test('are taken', async t => {
    const store = new RedisStore({ client, subscriber, lease: 5, maxEvents: 6, maxBytes: 7, linger: 0, keep: 8 })
    t.strictSame([store.lease, store.maxEvents, store.maxBytes, store.linger], [5, 6, 7, 0])
  })

  const ms = 'takes a whole number of milliseconds from 1 to 2147483647'
  const notPositive = [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null, true]
  const wrong: Record<string, [takes: string, values: unknown[]]> = {
    client: ['takes a Redis or a Cluster of ioredis', [null, {}, 'redis://localhost', { evalsha() {}, eval() {} }]],
    subscriber: [
      'takes a Redis or a Cluster of ioredis, such as client.duplicate()',
      [null, {}, { subscribe() {}, unsubscribe() {}, on() {} }]
    ],
    prefix: ['takes a text without { or }', ['{', 'a}b', 1, null]],
    lease: [ms, [...notPositive, 2 ** 31]],
    keep: [ms, [...notPositive, 2 ** 31]],
    timeout: [ms, [...notPositive, 2 ** 31]],
    linger: [ms.replace('from 1', 'from 0'), notPositive.slice(1)],
    maxEvents: ['takes a positive whole number', notPositive],
    maxBytes: ['takes a positive whole number of bytes', notPositive]
  }
  for (const [name, [takes, values]] of Object.entries(wrong)) {
    t.test(`refuse another ${name}`, async t => {
      for (const value of values) t.equal(refused({ [name]: value }), `option "${name}" ${takes}`, inspect(value))
    })
  }

  t.test('refuse what is missing or unknown', async t => {
    t.equal(
      refused({ client: undefined }),
      'option "client" is missing, it takes a Redis or a Cluster of ioredis',
      'without a client'
    )
    t.match(refused({ ttl: 1 }), /^option "ttl" is unknown; known are client, subscriber, prefix, lease/)
    t.match(
      t.throws(() => new RedisStore(undefined as unknown as RedisStoreOptions)),
      { message: 'option "options" is missing, it takes an object with client and subscriber' }
    )
  })

  t.test('refuse one connection for both', async t => {
    t.equal(refused({ subscriber: client }), 'option "subscriber" takes another connection than the client')
  })
})

t.test('all that it keeps has a time to live at any moment', async t => {
  const { a, b, redis } = nodes(t, { lease: 50_000, keep: 500_000 })
  const id = newId()
  const names = (...parts: string[]) => parts.map(part => `sse:{${id}}:${part}`).sort()
  const keep = 500_000
  /** Each lives no longer than it has to, and has not been there for long. */
  const has = async (what: string, expected: Record<string, number>) => {
    const keys = await keysOf(redis, id)
    t.strictSame(Object.keys(keys), names(...Object.keys(expected)), what)
    for (const [part, most] of Object.entries(expected)) {
      const [left = 0] = names(part).map(name => keys[name])
      t.ok(left > most - 40_000 && left <= most, `${what}: ${part} lives for ${left} ms`)
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
  t.same(await keysOf(redis, other), {}, 'nothing is kept of a stream that is not there')
})

t.test('a renewed lease lets all live on', async t => {
  const { a, redis } = nodes(t, { lease: 50_000, keep: 500_000 })
  const id = newId()
  await a.store.create(id, 'me', undefined)
  await a.store.append(id, 'me', 1, ['1'])
  for (const key of Object.keys(await keysOf(redis, id))) await redis.pexpire(key, 30_000)
  await a.store.renew(id, 'me')
  const left = Object.values(await keysOf(redis, id))
  t.equal(left.length, 3)
  t.ok(left.every(ms => ms > 30_000))
})

t.test('a log whose lease has run out is kept until it is ended, or for keep', async t => {
  const { a, b, redis } = nodes(t, { lease: 50_000, keep: 500_000 })
  const id = newId()
  await a.store.create(id, 'me', undefined)
  await redis.del(`sse:{${id}}:lease`)
  t.equal(await b.store.endLost(id, 'lost'), true)
  const keys = await keysOf(redis, id)
  t.strictSame(Object.keys(keys), [`sse:{${id}}:log`, `sse:{${id}}:meta`])
  t.ok(Object.values(keys).every(left => left > 400_000 && left <= 500_000))
})

t.test('what Redis has thrown out for lack of memory does not mix with what comes after', async t => {
  const { a, b, redis } = nodes(t)
  t.test('a log is brought again from its start', async t => {
    const id = newId()
    await a.store.create(id, 'me', undefined)
    await a.store.append(id, 'me', 1, ['1', '2'])
    await redis.del(`sse:{${id}}:log`)
    t.equal(await a.store.append(id, 'me', 3, ['3']), 0)
    t.equal(await a.store.append(id, 'me', 1, ['1', '2', '3']), 3)
    t.notOk(Object.values(await keysOf(redis, id)).includes(-1), 'all has a time to live')
  })
  t.test('a new stream does not begin with the events of an old one', async t => {
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

t.test('nodes are counted, and those that are not heard of are not', async t => {
  const { a, b, redis } = nodes(t)
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
  t.equal(await followers(), 1, 'by the clock of Redis')
  const rings = noteRings(t, a.store)
  await listening(rings)
  await Promise.all([a.store.follow(id), b.store.follow(id)])
  await until('the producer is told that a node is there again', () => rings.includes(id))
  t.equal(await followers(), 2)
  await a.store.unfollow(id)
  await b.store.unfollow(id)
  t.equal(await followers(), 0)
})

t.test('of a node with a longer lease, one with a shorter lease takes nothing', async t => {
  const { a, redis } = nodes(t, { lease: 100_000 })
  const { b } = nodes(t, { lease: 1000 })
  const id = newId()
  await a.store.create(id, 'me', undefined)
  await a.store.follow(id)
  await b.store.follow(id)
  t.ok((await redis.pttl(`sse:{${id}}:followers`)) > 1000)
})

t.test('rings', async t => {
  t.test('only the nodes that follow, and nobody where none does', async t => {
    const { a, b, redis } = nodes(t)
    const c = nodes(t).a
    const [ringsOfB, ringsOfC] = [noteRings(t, b.store), noteRings(t, c.store)]
    await listening(ringsOfB)
    await listening(ringsOfC)
    const published = async () => Number(/cmdstat_publish:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0)
    const before = await published()
    const id = newId()
    await a.store.create(id, 'me', undefined)
    await a.store.append(id, 'me', 1, ['1'])
    t.equal(await published(), before)
    await b.store.follow(id)
    await a.store.append(id, 'me', 2, ['2'])
    await until('b is rung', () => ringsOfB.includes(id))
    t.equal(await published(), before + 2, 'one for the producer, one for the node')
    t.notOk(ringsOfC.includes(id))
  })

  t.test('all listeners of a node, until they stop, and leaves nothing behind', async t => {
    const { a, redis } = nodes(t)
    const { subscriber, store } = a
    await until('it is connected', () => subscriber.status === 'ready')
    const listeners = () => ['message', 'ready'].map(name => subscriber.listenerCount(name))
    const before = listeners()
    const channels = async () => (await redis.pubsub('CHANNELS', 'sse:node:*')).length
    const channelsBefore = await channels()
    const rings: string[] = []
    const listener = (id: string | undefined) => rings.push(`${id}`)
    const stops = [store.subscribe(listener), store.subscribe(listener)]
    await until('both are told that rings may have been missed', () => rings.length === 2)
    t.strictSame(await channels(), channelsBefore + 1)
    const id = newId()
    await store.create(id, 'me', undefined)
    await store.stop(id)
    await until('both are rung', () => rings.length === 4)
    for (const stop of stops) {
      stop()
      stop()
    }
    t.strictSame(listeners(), before)
    await until('Redis rings no more', async () => (await channels()) === channelsBefore)
    await store.stop(id)
    t.equal(rings.length, 4)
    const stop = store.subscribe(listener)
    await until('it can be listened to again', () => rings.length === 5)
    stop()
  })

  t.test('nobody for a channel of another', async t => {
    const { a, redis } = nodes(t)
    const rings = noteRings(t, a.store)
    await listening(rings)
    await a.subscriber.subscribe('other')
    const heard: string[] = []
    a.subscriber.on('message', channel => heard.push(channel))
    await redis.publish('other', 'x')
    await until('the message came', () => heard.includes('other'))
    t.same(rings, [])
  })

  t.test('on a connection that is made only when it is needed', async t => {
    const client = redisClient(t, port, { lazyConnect: true })
    const subscriber = redisClient(t, port, { lazyConnect: true })
    const store = new RedisStore({ client, subscriber })
    const rings = noteRings(t, store)
    await listening(rings)
    const id = newId()
    t.equal(await store.create(id, 'me', undefined), true)
    await store.stop(id)
    await until('it is rung', () => rings.includes(id))
  })
})

const connections: Record<string, RedisOptions> = {
  RESP2: { protocol: 2 },
  'a keyPrefix': { keyPrefix: 'app:' },
  'a keyPrefix with a hash tag': { keyPrefix: '{app}:' },
  'numbers as text': { stringNumbers: true },
  'automatic pipelines': { enableAutoPipelining: true },
  'maps as objects': { replyMapping: 'resp3' },
  'no queue for what is called too early': { enableOfflineQueue: false }
}
for (const [what, connection] of Object.entries(connections)) {
  t.test(`works with a client that has ${what}`, async t => {
    const { a, b, redis } = nodes(t, {}, connection)
    const connected = [a.client, a.subscriber, b.client, b.subscriber]
    await until('all are connected', () => connected.every(({ status }) => status === 'ready'))
    const [ringsOfA, ringsOfB] = [noteRings(t, a.store), noteRings(t, b.store)]
    await listening(ringsOfA)
    await listening(ringsOfB)
    const id = newId()
    t.equal(await a.store.create(id, 'me', ''), true)
    t.equal(await b.store.create(id, 'you', ''), false)
    await b.store.follow(id)
    await until('the producer is rung', () => ringsOfA.includes(id))
    t.equal(await a.store.append(id, 'me', 1, ['1', '2']), 2)
    await until('the follower is rung', () => ringsOfB.includes(id))
    t.equal(await b.store.stop(id), true)
    t.same(await a.store.renew(id, 'me'), { stop: true, followers: 1 })
    const page = await b.store.read(id, 0)
    t.ok(Number.isSafeInteger(page?.leaseLeft))
    t.match(page, { owner: '', first: 1, events: ['1', '2'], end: undefined })
    t.equal(await a.store.append(id, 'me', 3, ['3'], 'end'), 3)
    t.strictSame(await b.store.read(id, 2), {
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

t.test('stores with another prefix share nothing', async t => {
  const { a } = nodes(t, { prefix: 'one:' })
  const { b, redis } = nodes(t, { prefix: '' })
  const id = newId()
  t.equal(await a.store.create(id, 'me', undefined), true)
  t.equal(await b.store.read(id, 0), undefined)
  t.equal(await b.store.create(id, 'you', undefined), true)
  const keys = Object.keys(await keysOf(redis, id))
  t.strictSame(keys, [`one:{${id}}:lease`, `one:{${id}}:meta`, `{${id}}:lease`, `{${id}}:meta`])
})

t.test('has the connections that it was given, and one subscription, however many streams there are', async t => {
  const { port } = await redisServer(t)
  const make = () => {
    const [client, subscriber] = [redisClient(t, port), redisClient(t, port)]
    return new RedisStore({ client, subscriber, timeout: 60_000 })
  }
  const [a, b] = [make(), make()]
  const redis = redisClient(t, port)
  const [ringsOfA, ringsOfB] = [noteRings(t, a), noteRings(t, b)]
  await listening(ringsOfA)
  await listening(ringsOfB)
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
  await until('both are rung for all', () => [ringsOfA, ringsOfB].every(rings => new Set(rings).size === 1000))
  t.same([await connections(), await subscriptions()], [5, 2])
})

t.test('sends all calls of a turn in one write', async t => {
  const { a } = nodes(t)
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

t.test('an event costs one command of the client and few of the script', async t => {
  const { a, b, redis } = nodes(t)
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
