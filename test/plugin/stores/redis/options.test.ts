import { inspect } from 'node:util'
import t from 'tap'
import { RedisStore, type RedisStoreOptions } from '../../../../plugin/stores/redis/redis-store.js'
import { redisClient, redisServer } from '../../../helpers/redis-server.js'

const { port } = await redisServer(t)

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

t.test('options have defaults', async t => {
  for (const options of [{}, { lease: undefined, maxEvents: undefined, maxBytes: undefined, prefix: undefined }]) {
    const store = new RedisStore({ client, subscriber, ...options } as RedisStoreOptions)
    t.match(store, { lease: 10_000, linger: 500, maxEvents: 65_536, maxBytes: 1_048_576 })
  }
})

t.test('options are used', async t => {
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
  t.test(`an invalid ${name} is refused`, async t => {
    for (const value of values) t.equal(refused({ [name]: value }), `option "${name}" ${takes}`, inspect(value))
  })
}

t.test('a missing or unknown option is refused', async t => {
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

t.test('one connection for both is refused', async t => {
  t.equal(refused({ subscriber: client }), 'option "subscriber" takes another connection than the client')
})
