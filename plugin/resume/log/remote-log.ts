import {
  FST_SSE_POSITION_GONE,
  FST_SSE_PRODUCER_LOST,
  FST_SSE_STORE_UNAVAILABLE,
  FST_SSE_STREAM_GONE
} from '../../errors.js'
import { errorEvent, toError } from '../../framing/failure.js'
import { encodeData, formatEvent } from '../../sse/event.js'
import type { EventList } from '../../stores/event-list.js'
import type { EventStore, LogPage } from '../../stores/event-store.js'
import { tellStoreFailure } from '../../stores/failure-channel.js'
import { describe } from '../../util/errors/describe.js'
import { ignoreRejection, isPromiseLike } from '../../util/promise.js'
import type { Deadlines } from '../../util/timing/deadlines.js'
import { Wakeup } from '../../util/timing/wakeup.js'
import { readEnd } from './end-mark.js'
import { generationOf } from './generation.js'
import { LiveLog } from './live-log.js'

/** The longest time between two reads without a notification. Milliseconds. */
const MAX_POLL_INTERVAL = 10_000
/** How often a log that the store has lost is looked for: its producer creates it anew. Milliseconds. */
const MISSING_POLL_INTERVAL = 100
/** The time to wait after the expected end of a lease before reading again. Milliseconds. */
const LEASE_MARGIN = 10

/** The last frame of a stream whose producer is lost. */
const LOST_FRAME = formatEvent(errorEvent(new FST_SSE_PRODUCER_LOST()), encodeData)

/** A local copy of the log of a stream that another node produces, or that has ended, for the clients of this node. */
export class RemoteLog {
  readonly #id: string
  readonly #key: string
  readonly #store: EventStore
  readonly #onClose: (log: RemoteLog) => void
  readonly #opened: Promise<LiveLog>
  #log: LiveLog | undefined
  /** The number of `use` calls that are pending. */
  #pendingUses = 0
  /** Whether the store keeps the events in this process, so that they are not copied. */
  #isShared = false
  #isClosed = false
  #isFollowing = false
  #isNotified = false
  #followAgainAt = 0
  /** Since when the store has no such log, by `performance.now()`. */
  #missingSince: number | undefined
  readonly #wakeup: Wakeup

  /**
   * @param key the key by which the stream is kept
   * @param onClose called when no client needs it any more
   */
  constructor(id: string, key: string, store: EventStore, deadlines: Deadlines, onClose: (log: RemoteLog) => void) {
    this.#id = id
    this.#key = key
    this.#store = store
    this.#wakeup = new Wakeup(deadlines)
    this.#onClose = onClose
    this.#opened = this.#open().catch(error => {
      tellFailure(error)
      throw error
    })
  }

  /**
   * Calls a function with the log, as soon as the events in the store were read. The log stays open while it has
   * followers.
   *
   * @param callback may join the log
   * @returns the result of the function
   * @throws FST_SSE_STREAM_GONE, FST_SSE_STORE_UNAVAILABLE, and any error of the function
   */
  async use<T>(callback: (log: LiveLog) => T): Promise<T> {
    this.#pendingUses++
    try {
      const log = await this.#opened
      const result = callback(log)
      if (log.followers > 0 && log.end === undefined && !this.#isFollowing) void this.#follow(log)
      return result
    } finally {
      this.#pendingUses--
      this.#release()
    }
  }

  /** The log, once it was found. */
  get log(): LiveLog | undefined {
    return this.#log
  }

  /** Whether the log has ended, so that it is read no more. */
  get hasEnded(): boolean {
    return this.#log?.end !== undefined
  }

  /** Called when the log may have changed in the event store. */
  notify(): void {
    this.#isNotified = true
    this.#wakeup.wake()
  }

  /** Closes it if no client needs it. */
  #release(): void {
    if (this.#pendingUses + (this.#log?.followers ?? 0) === 0) this.#close()
  }

  #close(): void {
    this.#isClosed = true
    this.#onClose(this)
    if (!this.#isFollowing && this.#log !== undefined && this.#log.end === undefined) void this.#unfollow()
    this.#wakeup.wake()
  }

  async #open(): Promise<LiveLog> {
    const frames = this.#sharedFrames()
    // Most clients stay. Following at once makes the producer store the events that it holds back.
    const [page] = await Promise.all([this.#read(frames?.length ?? 0), this.#renewFollowing()])
    const { owner, protocol = 'events' } = page
    const generation = generationOf(checkProducer(page), this.#id)
    const first = frames === undefined ? page.first : 1
    const log = new LiveLog(
      this.#id,
      { key: this.#key, owner, protocol, generation },
      first,
      () => this.#release(),
      frames
    )
    this.#log = log
    this.#isShared = frames !== undefined
    for (let next = page; this.#append(log, next); ) next = await this.#read(log.last)
    return log
  }

  /** The events of a store in the memory of this process. */
  #sharedFrames(): EventList | undefined {
    const frames = this.#store.local?.events(this.#key)
    if (!isPromiseLike(frames)) return frames
    ignoreRejection(frames)
    throw new FST_SSE_STORE_UNAVAILABLE({ cause: new TypeError('local.events must not give a promise') })
  }

  async #follow(log: LiveLog): Promise<void> {
    this.#isFollowing = true
    try {
      while (!this.#isClosed) {
        this.#isNotified = false
        const [page] = await Promise.all([this.#store.read(this.#key, log.last), this.#renewFollowing()])
        if (page === undefined) {
          await this.#waitForReturn()
          continue
        }
        this.#missingSince = undefined
        const isMore = this.#append(log, page)
        if (log.end !== undefined) break
        if (isMore) continue
        if (page.leaseLeft > 0) await this.#waitForNotification(page.leaseLeft)
        else await this.#store.endLost(this.#key, LOST_FRAME)
      }
    } catch (error) {
      tellFailure(error)
      log.finish({ frame: undefined, error: toError(error) })
      this.#close()
    }
    void this.#unfollow()
  }

  async #unfollow(): Promise<void> {
    try {
      await this.#store.unfollow(this.#key)
    } catch {
      // The store forgets this node after `lease` milliseconds.
    }
  }

  async #read(after: number): Promise<LogPage> {
    const page = await this.#store.read(this.#key, after)
    if (page === undefined) throw new FST_SSE_STREAM_GONE()
    return page
  }

  /**
   * Waits before it looks again for a log that the store has lost. A producer that lives creates it anew within a third
   * of its lease.
   *
   * @throws FST_SSE_STREAM_GONE if it was missing for a whole lease
   */
  async #waitForReturn(): Promise<void> {
    const now = performance.now()
    this.#missingSince ??= now
    if (now - this.#missingSince > Math.min(this.#store.lease, MAX_POLL_INTERVAL)) throw new FST_SSE_STREAM_GONE()
    // The new log does not know that this node follows.
    this.#followAgainAt = 0
    await this.#waitForNotification(MISSING_POLL_INTERVAL)
  }

  /** Tells the store that this node follows, well before it forgets that. */
  async #renewFollowing(): Promise<void> {
    const now = performance.now()
    if (now < this.#followAgainAt) return
    this.#followAgainAt = now + this.#store.lease / 3
    await this.#store.follow(this.#key)
  }

  async #waitForNotification(leaseLeft: number): Promise<void> {
    if (this.#isNotified || this.#isClosed) return
    const ms = Math.min(leaseLeft + LEASE_MARGIN, this.#store.lease / 3, MAX_POLL_INTERVAL)
    await this.#wakeup.wait(Math.ceil(ms))
  }

  /** Adds the events and the end of a page. @returns whether more can be read at once */
  #append(log: LiveLog, page: LogPage): boolean {
    const { first, events, end, more } = page
    // The id may have another generation by now.
    if (generationOf(checkProducer(page), this.#id) !== log.meta.generation) throw new FST_SSE_STREAM_GONE()
    // No client gets an answer with a gap (R1), even if the store is wrong.
    if (!this.#isShared && first !== log.last + 1) throw new FST_SSE_POSITION_GONE()
    log.appendAll(events)
    if (end !== undefined) log.finish(readEnd(end))
    return more
  }
}

/** A log that is gone, or no longer has a position, is no failure of its store. */
function tellFailure(error: unknown): void {
  if (error instanceof FST_SSE_STREAM_GONE || error instanceof FST_SSE_POSITION_GONE) return
  tellStoreFailure('read', error)
}

/** @throws FST_SSE_STORE_UNAVAILABLE if the store does not say who produces a log */
function checkProducer({ producer }: { producer: unknown }): string {
  if (typeof producer === 'string') return producer
  throw new FST_SSE_STORE_UNAVAILABLE({
    cause: new TypeError(`read must give the producer as a string, not ${describe(producer)}`)
  })
}
