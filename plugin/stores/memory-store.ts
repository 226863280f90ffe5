import { FST_SSE_PRODUCER_FENCED } from '../errors.js'
import { EventList } from './event-list.js'
import type { EventStore, LeaseStatus, LocalLogs, LogEnd, LogPage } from './event-store.js'
import { copyOf, isFollowed, type MemoryLog } from './memory-log.js'
import { type MemoryStoreOptions, memorySettings } from './memory-options.js'
import { MemoryRoom } from './memory-room.js'
import { MemorySlots } from './memory-slots.js'
import type { StreamSlots } from './stream-slots.js'

/** The longest delay of a timer. Node fires a longer one at once. Milliseconds. */
const MAX_TIMER = 2 ** 31 - 1

/**
 * Keeps the events of resumable streams in the memory of this process: the default store. Apps that share one count as
 * one node.
 *
 * @example
 * await app.register(sseFrom, { store: new MemoryStore({ maxStreams: 1000, keep: 60_000 }), resumable: true })
 */
export class MemoryStore implements EventStore {
  readonly maxEvents: number
  readonly maxBytes: number
  readonly lease: number
  readonly slots: StreamSlots
  readonly #keep: number
  /** In the order in which their leases expire, and so do they. */
  readonly #running = new Map<string, MemoryLog>()
  readonly #ended = new Map<string, MemoryLog>()
  /** Knows in which order they ended, and so they expire. */
  readonly #room: MemoryRoom<MemoryLog>
  readonly #listeners = new Set<(id: string | undefined) => void>()
  #timer: NodeJS.Timeout | undefined
  #wakeAt = Number.POSITIVE_INFINITY

  readonly local: LocalLogs = {
    share: (id, producer, events) => {
      const log = this.#held(this.#running.get(id), producer)
      log.events = events
      log.isShared = true
      events.limit(log.room, units => this.#grow(log, units))
    },
    events: id => {
      const log = this.#find(id)
      return log?.isShared ? log.events : undefined
    }
  }

  /** @throws FST_SSE_OPTION_INVALID */
  constructor(options: MemoryStoreOptions = {}) {
    const settings = memorySettings(options)
    this.maxEvents = settings.maxEvents
    this.maxBytes = settings.maxBytes
    this.lease = settings.lease
    this.slots = new MemorySlots(settings.lease)
    this.#room = new MemoryRoom(settings, log => this.#delete(log))
    this.#keep = settings.keep
  }

  /**
   * How many bytes of events it holds, as `maxTotalBytes` counts them. Running streams are given room ahead of what
   * they need.
   */
  get totalBytes(): number {
    return this.#room.units
  }

  /** How many logs it holds, of running and of ended streams. */
  get size(): number {
    return this.#running.size + this.#ended.size
  }

  async create(id: string, producer: string, owner: string | undefined, protocol?: string): Promise<boolean> {
    const taken = this.#find(id)
    if (taken !== undefined) return taken.producer === producer
    const leaseUntil = performance.now() + this.lease
    const log: MemoryLog = {
      id,
      producer,
      owner,
      protocol,
      events: new EventList(),
      isShared: false,
      end: undefined,
      stop: false,
      followedUntil: 0,
      leaseUntil,
      expires: leaseUntil + this.#keep,
      room: 0,
      ended: undefined
    }
    this.#room.enter(log)
    log.events.limit(log.room, units => this.#grow(log, units))
    this.#running.set(id, log)
    this.#wakeFor(log)
    return true
  }

  async append(id: string, producer: string, first: number, events: readonly string[], end?: string): Promise<number> {
    const log = this.#find(id)
    if (log?.producer === producer && log.end?.lost === false && log.end.frame === end) return log.events.length
    const held = this.#held(log, producer)
    const isNext = first === held.events.length + 1
    if (isNext) held.events.appendAll(events)
    const last = held.events.length
    // An earlier call may have stored these events without the end, and its answer may be lost.
    if (end !== undefined && first + events.length - 1 === last) this.#end(id, held, { frame: end, lost: false })
    else if ((isNext || held.isShared) && isFollowed(held)) this.#notify(id)
    return last
  }

  async renew(id: string, producer: string): Promise<LeaseStatus> {
    const log = this.#held(this.#running.get(id), producer)
    if (this.lease !== Number.POSITIVE_INFINITY) {
      log.leaseUntil = performance.now() + this.lease
      log.expires = log.leaseUntil + this.#keep
      this.#running.delete(id)
      this.#running.set(id, log)
    }
    return { stop: log.stop, followers: isFollowed(log) ? 1 : 0 }
  }

  async read(id: string, after: number): Promise<LogPage | undefined> {
    const log = this.#find(id)
    if (log === undefined) return undefined
    return {
      producer: log.producer,
      owner: log.owner,
      protocol: log.protocol,
      first: after + 1,
      events: log.events.slice(after, log.events.length),
      more: false,
      end: log.end,
      leaseLeft: log.end === undefined ? Math.max(0, log.leaseUntil - performance.now()) : 0
    }
  }

  async follow(id: string): Promise<void> {
    const log = this.#find(id)
    if (log === undefined) return
    const isNew = !isFollowed(log)
    log.followedUntil = performance.now() + this.lease
    if (isNew) this.#notify(id)
  }

  async unfollow(id: string): Promise<void> {
    const log = this.#find(id)
    if (log === undefined) return
    log.followedUntil = 0
    this.#notify(id)
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
    this.#notify(id)
    return true
  }

  subscribe(notify: (id: string | undefined) => void): () => void {
    // A set holds a function once, and it may be subscribed twice.
    const listener = (id: string | undefined) => notify(id)
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #find(id: string): MemoryLog | undefined {
    return this.#running.get(id) ?? this.#ended.get(id)
  }

  #held(log: MemoryLog | undefined, producer: string): MemoryLog {
    const isHeld = log?.producer === producer && log.end === undefined && log.leaseUntil > performance.now()
    if (!isHeld) throw new FST_SSE_PRODUCER_FENCED()
    return log
  }

  #end(id: string, log: MemoryLog, end: LogEnd): void {
    log.end = end
    log.events.limit(Number.POSITIVE_INFINITY)
    // A producer that was lost may not know it yet, and go on filling its list.
    if (end.lost && log.isShared) log.events = copyOf(log.events)
    log.events.compact()
    log.expires = performance.now() + this.#keep
    this.#running.delete(id)
    this.#ended.set(id, log)
    this.#room.end(log, log.events.units)
    this.#wakeFor(log)
    this.#notify(id)
  }

  #notify(id: string): void {
    for (const listener of this.#listeners) listener(id)
  }

  /** A log that finds no room is deleted. Its producer is told by the error, and goes on without the store. */
  #grow(log: MemoryLog, units: number): number {
    try {
      return this.#room.grow(log, units)
    } catch (error) {
      this.#delete(log)
      this.#notify(log.id)
      throw error
    }
  }

  #delete(log: MemoryLog): void {
    log.events.limit(Number.POSITIVE_INFINITY)
    this.#running.delete(log.id)
    this.#ended.delete(log.id)
    this.#room.leave(log)
  }

  /** All logs share one timer. */
  #wakeFor(log: MemoryLog): void {
    if (log.expires >= this.#wakeAt) return
    clearTimeout(this.#timer)
    this.#wakeAt = log.expires
    const delay = Math.ceil(log.expires - performance.now())
    this.#timer = setTimeout(() => this.#forget(), Math.min(delay, MAX_TIMER))
    this.#timer.unref()
  }

  #forget(): void {
    this.#wakeAt = Number.POSITIVE_INFINITY
    const now = performance.now()
    for (const log of this.#running.values()) {
      if (log.expires > now) {
        this.#wakeFor(log)
        break
      }
      this.#delete(log)
    }
    for (let log = this.#room.oldest; log !== undefined; log = this.#room.oldest) {
      if (log.expires > now) {
        this.#wakeFor(log)
        break
      }
      this.#delete(log)
    }
  }
}
