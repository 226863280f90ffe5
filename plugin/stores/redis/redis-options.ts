import { type Static, Type } from '@sinclair/typebox'
import { FST_SSE_OPTION_INVALID } from '../../errors.js'
import { compileOptionsValidator, hasMethods, withDefaults } from '../../util/validate.js'
import type { RedisSubscriber } from './notifications.js'
import type { RedisClient } from './script-runner.js'

const MAX_MS = 2 ** 31 - 1

function ms(rest: { default: number }, minimum = 1) {
  const description = `a whole number of milliseconds from ${minimum} to ${MAX_MS}`
  return Type.Optional(Type.Integer({ minimum, maximum: MAX_MS, description, ...rest }))
}

function count(rest: { default: number; description: string }) {
  return Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, ...rest }))
}

function connection<T>(description: string) {
  return Type.Unsafe<T>(Type.Object({}, { description }))
}

const Options = Type.Object(
  {
    /** The connection for commands: a `Redis` or a `Cluster` of ioredis. The store neither opens nor closes it. */
    client: connection<RedisClient>('a Redis or a Cluster of ioredis'),
    /**
     * The connection for notifications, such as `client.duplicate()`: a `Redis` that subscribes can do nothing else. A
     * `Cluster` has its own connection for that, so it may be both. The store neither opens nor closes it.
     */
    subscriber: connection<RedisSubscriber>('a Redis or a Cluster of ioredis, such as client.duplicate()'),
    /** The start of the names of all keys and channels, without `{` or `}`. Default: `'sse:'`. */
    prefix: Type.Optional(Type.String({ pattern: '^[^{}]*$', default: 'sse:', description: 'a text without { or }' })),
    /**
     * How long a producer holds its log without renewing its lease. Then its clients are told that it is lost.
     * Milliseconds. Default: 10000.
     */
    lease: ms({ default: 10_000 }),
    /** How long the log of an ended stream is kept. Milliseconds. Default: 300000. */
    keep: ms({ default: 300_000 }),
    /**
     * How long events are held back while no other node follows, to store more of them with one command. If the node
     * dies, they are lost with it, and clients are told so. Milliseconds. Default: 500.
     */
    linger: ms({ default: 500 }, 0),
    /** The most events of one stream. A longer stream fails with `FST_SSE_LOG_FULL`. Default: 65536. */
    maxEvents: count({ default: 65_536, description: 'a positive whole number' }),
    /** The most bytes of events of one stream. A larger stream fails with `FST_SSE_LOG_FULL`. Default: 1048576. */
    maxBytes: count({ default: 1024 * 1024, description: 'a positive whole number of bytes' }),
    /** How long a call waits for Redis. Then it fails with `FST_SSE_STORE_UNAVAILABLE`. Milliseconds. Default: 1000. */
    timeout: ms({ default: 1000 })
  },
  { additionalProperties: false, description: 'an object with client and subscriber' }
)

/** The options of a `RedisStore`. */
export type RedisStoreOptions = Static<typeof Options>

const validate = compileOptionsValidator(Options)

const METHODS = {
  client: ['evalsha', 'eval', 'pipeline'],
  subscriber: ['subscribe', 'unsubscribe', 'on', 'off']
} as const

/**
 * Checks the options and fills in the defaults.
 *
 * @throws FST_SSE_OPTION_INVALID
 */
export function redisSettings(options: RedisStoreOptions): Required<RedisStoreOptions> {
  validate(options)
  for (const name of ['client', 'subscriber'] as const) {
    if (!hasMethods(options[name], METHODS[name])) {
      throw new FST_SSE_OPTION_INVALID(name, `takes ${Options.properties[name].description}`)
    }
  }
  const { client, subscriber } = options
  if (Object.is(client, subscriber) && !client.isCluster) {
    throw new FST_SSE_OPTION_INVALID('subscriber', 'takes another connection than the client')
  }
  return withDefaults(Options, options) as Required<RedisStoreOptions>
}
