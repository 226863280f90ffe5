import { randomUUID } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import { FST_SSE_OPTION_INVALID, FST_SSE_PRODUCER_FENCED } from '../../errors.js'
import { compileOptionsValidator, hasMethods, withDefaults } from '../../util/validate.js'
import type { EventStore, LeaseStatus, LogPage } from '../event-store.js'
import { Notifications, type RedisSubscriber } from './notifications.js'
import { type RedisClient, ScriptRunner } from './script-runner.js'
import { APPEND, CREATE, END_LOST, FOLLOW, PAGE, READ, RENEW, type Script, STOP, UNFOLLOW } from './scripts.js'

export type { RedisClient, RedisSubscriber }

const MAX_MS = 2 ** 31 - 1

function ms(rest: { default: number }, minimum = 1) {
  const description = `a whole number of milliseconds from ${minimum} to ${MAX_MS}`
  return Type.Optional(Type.Integer({ minimum, maximum: MAX_MS, description, ...rest }))
}

function count(rest: { default: number; description: string }) {
  return Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, ...rest }))
}

function client<T>(description: string) {
  return Type.Unsafe<T>(Type.Object({}, { description }))
}

const Options = Type.Object(
  {
    /** Runs the commands: a `Redis` or a `Cluster` of ioredis, which the store neither connects nor closes. */
    client: client<RedisClient>('a Redis or a Cluster of ioredis'),
    /**
     * Hears what other nodes ring: a connection of its own, such as `client.duplicate()`, since one that subscribes runs
     * no commands. A `Cluster` keeps one for that itself, so it may be both. The store never closes it.
     */
    subscriber: client<RedisSubscriber>('a Redis or a Cluster of ioredis, such as client.duplicate()'),
    /** What the names of all keys and channels begin with. Default: `'sse:'`. */
    prefix: Type.Optional(Type.String({ pattern: '^[^{}]*$', default: 'sse:', description: 'a text without { or }' })),
    /**
     * How long a producer holds a log without a sign of life. After that its clients are told that it is gone.
     * Milliseconds. Default: 10000.
     */
    lease: ms({ default: 10_000 }),
    /** How long the log of an ended stream is kept. Milliseconds. Default: 300000. */
    keep: ms({ default: 300_000 }),
    /**
     * How long events are held back that no other node follows, so that more of them go to Redis at once. A node that dies takes
     * them with it; its clients are told that it is gone in any case. Milliseconds. Default: 500.
     */
    linger: ms({ default: 500 }, 0),
    /** The most events of one stream. Default: 65536. */
    maxEvents: count({ default: 65_536, description: 'a positive whole number' }),
    /** The most bytes of events of one stream. Default: 1048576. */
    maxBytes: count({ default: 1024 * 1024, description: 'a positive whole number of bytes' }),
    /** How long Redis has to answer. Milliseconds. Default: 1000. */
    timeout: ms({ default: 1000 })
  },
  { additionalProperties: false, description: 'an object with client and subscriber' }
)

/** The options of a `RedisStore`. */
export type RedisStoreOptions = Static<typeof Options>

const check = compileOptionsValidator(Options)

/** By these a client is known. */
const METHODS = {
  client: ['evalsha', 'eval', 'pipeline'],
  subscriber: ['subscribe', 'unsubscribe', 'on', 'off']
} as const

/** As `READ` gives it. */
type Page = [about: (string | null)[], leaseLeft: number, events: string[], kind: string | null, frame: string | null]

/**
 * Keeps the logs of streams in Redis 7 or newer, or a Redis Cluster, for any number of nodes.
 *
 * It uses the connections that it is given, however many streams there are. All that it keeps has a time to live. What
 * Redis throws out to make room is lost before its time, so it should run with `maxmemory-policy noeviction`.
 */
export class RedisStore implements EventStore {
  readonly maxEvents: number
  readonly maxBytes: number
  readonly lease: number
  readonly linger: number
  readonly #keep: number
  readonly #prefix: string
  /** The channel on which this node is rung for, by which the others know it. */
  readonly #node: string
  readonly #scripts: ScriptRunner
  readonly #notifications: Notifications

  /** @throws FST_SSE_OPTION_INVALID */
  constructor(options: RedisStoreOptions) {
    const settings = settingsOf(options)
    this.maxEvents = settings.maxEvents
    this.maxBytes = settings.maxBytes
    this.lease = settings.lease
    this.linger = settings.linger
    this.#keep = settings.keep
    this.#prefix = settings.prefix
    this.#node = `${settings.prefix}node:${randomUUID()}`
    this.#scripts = new ScriptRunner(settings.client, settings.timeout)
    this.#notifications = new Notifications(settings.subscriber, this.#node)
  }

  async create(id: string, producer: string, owner: string | undefined, protocol?: string): Promise<boolean> {
    const about = Object.entries({ owner, protocol }).flatMap(([name, value]) =>
      value === undefined ? [] : [name, value]
    )
    return isOne(await this.#run(CREATE, id, [producer, this.#node, this.lease, this.#ttl, ...about]))
  }

  async append(id: string, producer: string, first: number, events: readonly string[], end?: string): Promise<number> {
    const ending = end === undefined ? [0, ''] : [1, end]
    const args = [id, producer, first, this.#ttl, this.#keep, ...ending, ...events]
    const last = Number(await this.#run(APPEND, id, args))
    if (last < 0) throw new FST_SSE_PRODUCER_FENCED()
    return last
  }

  async renew(id: string, producer: string): Promise<LeaseStatus> {
    const news = (await this.#run(RENEW, id, [producer, this.lease, this.#ttl])) as [number, number] | null
    if (news === null) throw new FST_SSE_PRODUCER_FENCED()
    return { stop: isOne(news[0]), followers: Number(news[1]) }
  }

  async read(id: string, after: number): Promise<LogPage | undefined> {
    const first = after + 1
    const page = (await this.#run(READ, id, [first])) as Page | null
    if (page === null) return undefined
    const [[owner, protocol], leaseLeft, events, kind, frame] = page
    return {
      owner: owner ?? undefined,
      protocol: protocol ?? undefined,
      first,
      events,
      more: events.length === PAGE,
      end: frame === null ? undefined : { frame, lost: kind === 'lost' },
      leaseLeft: Number(leaseLeft)
    }
  }

  async follow(id: string): Promise<void> {
    await this.#run(FOLLOW, id, [id, this.#node, this.lease])
  }

  async unfollow(id: string): Promise<void> {
    await this.#run(UNFOLLOW, id, [id, this.#node])
  }

  async endLost(id: string, end: string): Promise<boolean> {
    return isOne(await this.#run(END_LOST, id, [id, this.#keep, end]))
  }

  async stop(id: string): Promise<boolean> {
    return isOne(await this.#run(STOP, id, [id]))
  }

  subscribe(ring: (id: string | undefined) => void): () => void {
    return this.#notifications.listen(ring)
  }

  /** How long the log of a running stream is there without a sign of life of its producer. */
  get #ttl(): number {
    return this.lease + this.#keep
  }

  #run(script: Script, id: string, args: readonly (string | number)[]): Promise<unknown> {
    // What stands in braces decides where in a cluster a key is: all of a stream are in one place.
    const keys = script.parts.map(part => `${this.#prefix}{${id}}:${part}`)
    return this.#scripts.run(script, keys, args)
  }
}

/** A client may have been told to give numbers as text. */
function isOne(result: unknown): boolean {
  return Number(result) === 1
}

/** @throws FST_SSE_OPTION_INVALID */
function settingsOf(options: RedisStoreOptions): Required<RedisStoreOptions> {
  check(options)
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
