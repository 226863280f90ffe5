import { randomUUID } from 'node:crypto'
import { FST_SSE_PRODUCER_FENCED, FST_SSE_STORE_UNAVAILABLE } from '../../errors.js'
import type { EventStore, LeaseStatus, LogPage } from '../event-store.js'
import type { StreamSlots } from '../stream-slots.js'
import { Notifications, type RedisSubscriber } from './notifications.js'
import { RedisClock } from './redis-clock.js'
import { type RedisStoreOptions, redisSettings } from './redis-options.js'
import { RedisSlots } from './redis-slots.js'
import { type RedisClient, ScriptRunner } from './script-runner.js'
import { APPEND, CREATE, END_LOST, FOLLOW, PAGE_SIZE, READ, RENEW, type Script, STOP, UNFOLLOW } from './scripts.js'

export type { RedisClient, RedisStoreOptions, RedisSubscriber }

/** As `READ` returns it. */
type Page = [
  meta: [producer: string, owner: string | null, protocol: string | null],
  leaseLeft: number,
  events: string[],
  outcome: string | null,
  frame: string | null
]

/**
 * Keeps the events of resumable streams in Redis 7 or newer, or in a Redis Cluster, for any number of nodes.
 *
 * It uses the two connections that it is given, however many streams there are. Every key expires by itself. Run Redis
 * with `maxmemory-policy noeviction`: an evicted log cannot be resumed.
 *
 * @example
 * const client = new Redis('redis://localhost:6379', { socketTimeout: 5000 })
 * const store = new RedisStore({ client, subscriber: client.duplicate() })
 * await app.register(sseFrom, { store, resumable: true })
 */
export class RedisStore implements EventStore {
  readonly maxEvents: number
  readonly maxBytes: number
  readonly lease: number
  readonly linger: number
  readonly slots: StreamSlots
  readonly #keep: number
  /** How long the keys of a running stream outlive the last sign of its producer. */
  readonly #ttl: number
  readonly #prefix: string
  /** The name of this node: the channel on which it is notified. */
  readonly #node: string
  readonly #timeout: number
  readonly #clock = new RedisClock()
  readonly #scripts: ScriptRunner
  readonly #notifications: Notifications

  /** @throws FST_SSE_OPTION_INVALID */
  constructor(options: RedisStoreOptions) {
    const { client, subscriber, prefix, lease, keep, linger, maxEvents, maxBytes, timeout } = redisSettings(options)
    this.maxEvents = maxEvents
    this.maxBytes = maxBytes
    this.lease = lease
    this.linger = linger
    this.#keep = keep
    this.#ttl = lease + keep
    this.#prefix = prefix
    this.#node = `${prefix}node:${randomUUID()}`
    this.#timeout = timeout
    this.#scripts = new ScriptRunner(client, timeout)
    this.slots = new RedisSlots(this.#scripts, prefix, lease)
    this.#notifications = new Notifications(subscriber, this.#node)
  }

  async create(id: string, producer: string, owner: string | undefined, protocol?: string): Promise<boolean> {
    const meta = Object.entries({ owner, protocol }).flatMap(([name, value]) =>
      value === undefined ? [] : [name, value]
    )
    // The first call can be too late because the clock of Redis is not known yet, or because this process has slept.
    for (let attempt = 0; attempt < 2; attempt++) {
      const created = await this.#create(id, producer, meta)
      if (created >= 0) return created === 1
    }
    throw new FST_SSE_STORE_UNAVAILABLE({ cause: new Error('the call has arrived too late') })
  }

  /**
   * Redis may run a call long after it was given up: it was frozen, or the client has sent the call again over a new
   * connection. Then it must not create a log that nobody writes to.
   */
  async #create(
    id: string,
    producer: string,
    meta: readonly string[],
    deadline = this.#clock.after(this.#timeout)
  ): Promise<number> {
    const args = [producer, this.#node, this.lease, this.#ttl, deadline, ...meta]
    const [created, time] = (await this.#run(CREATE, id, args)) as [number, number]
    this.#clock.observe(Number(time))
    return Number(created)
  }

  async append(id: string, producer: string, first: number, events: readonly string[], end?: string): Promise<number> {
    const ending = end === undefined ? [0, ''] : [1, end]
    const args = [id, producer, first, this.#ttl, this.#keep, ...ending, ...events]
    const last = Number(await this.#run(APPEND, id, args))
    if (last < 0) throw new FST_SSE_PRODUCER_FENCED()
    return last
  }

  async renew(id: string, producer: string): Promise<LeaseStatus> {
    const status = (await this.#run(RENEW, id, [producer, this.lease, this.#ttl])) as [number, number] | null
    if (status === null) throw new FST_SSE_PRODUCER_FENCED()
    return { stop: isOne(status[0]), followers: Number(status[1]) }
  }

  async read(id: string, after: number): Promise<LogPage | undefined> {
    const first = after + 1
    const page = (await this.#run(READ, id, [first])) as Page | null
    if (page === null) return undefined
    const [[producer, owner, protocol], leaseLeft, events, outcome, frame] = page
    return {
      producer,
      owner: owner ?? undefined,
      protocol: protocol ?? undefined,
      first,
      events,
      more: events.length === PAGE_SIZE,
      end: frame === null ? undefined : { frame, lost: outcome === 'lost' },
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

  subscribe(notify: (id: string | undefined) => void): () => void {
    // Redis gets the script, and tells its time, before the first stream needs both. It creates nothing.
    this.#create('clock', '', [], 0).catch(() => {})
    return this.#notifications.listen(notify)
  }

  #run(script: Script, id: string, args: readonly (string | number)[]): Promise<unknown> {
    // In a cluster, the part in braces says which node has a key: all keys of a stream are on the same one.
    const keys = script.keys.map(name => `${this.#prefix}{${id}}:${name}`)
    return this.#scripts.run(script, keys, args)
  }
}

/** A client may be configured to return numbers as text. */
function isOne(result: unknown): boolean {
  return Number(result) === 1
}
