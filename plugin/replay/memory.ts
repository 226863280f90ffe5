import { FST_SSE_OPTION_INVALID, FST_SSE_PRODUCER_FENCED, FST_SSE_STORE_FULL } from '../errors.js'
import type { EventStore, LogEnd, LogPage, ProducerNews } from './event-store.js'

/** The options of a `MemoryStore`. */
export interface MemoryStoreOptions {
  /** The most events of one stream. Default: 65536. */
  maxEvents?: number
  /** The most bytes of events of one stream. Default: 1048576. */
  maxBytes?: number
  /** The most streams, running and ended. The oldest that has ended makes room for a new one. Default: 10000. */
  maxStreams?: number
  /** How long the log of an ended stream is kept. Milliseconds. Default: 300000. */
  keep?: number
  /**
   * How long a producer holds a log without a sign of life. Milliseconds. Default: for ever, since a producer and its
   * store live and die in one process.
   */
  lease?: number
}

interface Log {
  readonly producer: string
  readonly owner: string | undefined
  readonly events: string[]
  end: LogEnd | undefined
  stop: boolean
  followedUntil: number
  leaseUntil: number
  /** When an ended log is forgotten. */
  expires: number
}

const LIMITS = { maxEvents: 65_536, maxBytes: 1024 * 1024, maxStreams: 10_000, keep: 300_000 }

/** The event store of a single process: what is used where no other is given. */
export class MemoryStore implements EventStore {
  readonly maxEvents: number
  readonly maxBytes: number
  readonly lease: number
  readonly #maxStreams: number
  readonly #keep: number
  readonly #running = new Map<string, Log>()
  /** In the order in which they have ended, which is the order in which they expire. */
  readonly #ended = new Map<string, Log>()
  readonly #listeners = new Set<(id: string | undefined) => void>()
  #timer: NodeJS.Timeout | undefined

  /** @throws FST_SSE_OPTION_INVALID */
  constructor(options: MemoryStoreOptions = {}) {
    for (const [name, value] of Object.entries(options)) {
      if (!(name in LIMITS) && name !== 'lease') {
        throw new FST_SSE_OPTION_INVALID(name, `is unknown; known are ${Object.keys(LIMITS).join(', ')}, lease`)
      }
      if (value !== undefined && !(value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value > 0))) {
        throw new FST_SSE_OPTION_INVALID(name, 'takes a positive whole number, or Infinity')
      }
    }
    this.maxEvents = options.maxEvents ?? LIMITS.maxEvents
    this.maxBytes = options.maxBytes ?? LIMITS.maxBytes
    this.lease = options.lease ?? Number.POSITIVE_INFINITY
    this.#maxStreams = options.maxStreams ?? LIMITS.maxStreams
    this.#keep = options.keep ?? LIMITS.keep
  }

  /** How many logs it holds. */
  get size(): number {
    return this.#running.size + this.#ended.size
  }

  async create(id: string, producer: string, owner: string | undefined): Promise<boolean> {
    const taken = this.#find(id)
    if (taken !== undefined) return taken.producer === producer
    if (this.size >= this.#maxStreams) this.#makeRoom()
    this.#running.set(id, {
      producer,
      owner,
      events: [],
      end: undefined,
      stop: false,
      followedUntil: 0,
      leaseUntil: performance.now() + this.lease,
      expires: Number.POSITIVE_INFINITY
    })
    return true
  }

  async append(id: string, producer: string, first: number, events: readonly string[], end?: string): Promise<number> {
    const log = this.#find(id)
    if (log?.producer === producer && log.end?.lost === false && log.end.frame === end) return log.events.length
    const held = this.#held(log, producer)
    if (first !== held.events.length + 1) return held.events.length
    for (const event of events) held.events.push(event)
    if (end !== undefined) this.#end(id, held, { frame: end, lost: false })
    else if (isFollowed(held)) this.#ring(id)
    return held.events.length
  }

  async renew(id: string, producer: string): Promise<ProducerNews> {
    const log = this.#held(this.#find(id), producer)
    log.leaseUntil = performance.now() + this.lease
    return { stop: log.stop, followers: isFollowed(log) ? 1 : 0 }
  }

  async read(id: string, after: number): Promise<LogPage | undefined> {
    const log = this.#find(id)
    if (log === undefined) return undefined
    return {
      owner: log.owner,
      first: after + 1,
      events: log.events.slice(after),
      end: log.end,
      leaseLeft: log.end === undefined ? Math.max(0, log.leaseUntil - performance.now()) : 0
    }
  }

  async follow(id: string): Promise<void> {
    const log = this.#find(id)
    if (log === undefined) return
    const isNew = !isFollowed(log)
    log.followedUntil = performance.now() + this.lease
    if (isNew) this.#ring(id)
  }

  async unfollow(id: string): Promise<void> {
    const log = this.#find(id)
    if (log === undefined) return
    log.followedUntil = 0
    this.#ring(id)
  }

  async endLost(id: string, end: string): Promise<boolean> {
    const log = this.#find(id)
    if (log === undefined || log.end !== undefined || log.leaseUntil > performance.now()) return false
    this.#end(id, log, { frame: end, lost: true })
    return true
  }

  async stop(id: string): Promise<boolean> {
    const log = this.#find(id)
    if (log === undefined) return false
    log.stop = true
    this.#ring(id)
    return true
  }

  subscribe(ring: (id: string | undefined) => void): () => void {
    // A function may be given twice.
    const listener = (id: string | undefined) => ring(id)
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #find(id: string): Log | undefined {
    return this.#running.get(id) ?? this.#ended.get(id)
  }

  #held(log: Log | undefined, producer: string): Log {
    const isHeld = log?.producer === producer && log.end === undefined && log.leaseUntil > performance.now()
    if (!isHeld) throw new FST_SSE_PRODUCER_FENCED()
    return log
  }

  #end(id: string, log: Log, end: LogEnd): void {
    log.end = end
    log.expires = performance.now() + this.#keep
    this.#running.delete(id)
    this.#ended.set(id, log)
    this.#wakeToForget(log)
    this.#ring(id)
  }

  #ring(id: string): void {
    for (const listener of this.#listeners) listener(id)
  }

  #makeRoom(): void {
    const [oldest] = this.#ended.keys()
    if (oldest === undefined) throw new FST_SSE_STORE_FULL(this.#maxStreams)
    this.#ended.delete(oldest)
  }

  /** One timer for all of them: the first that ended is the first that expires. */
  #wakeToForget(next: Log): void {
    if (this.#timer !== undefined || next.expires === Number.POSITIVE_INFINITY) return
    this.#timer = setTimeout(() => this.#forget(), Math.max(0, Math.ceil(next.expires - performance.now())))
    this.#timer.unref()
  }

  #forget(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const [id, log] of this.#ended) {
      if (log.expires > now) {
        this.#wakeToForget(log)
        return
      }
      this.#ended.delete(id)
    }
  }
}

function isFollowed(log: Log): boolean {
  return log.followedUntil > performance.now()
}
