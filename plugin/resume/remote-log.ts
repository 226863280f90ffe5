import { FST_SSE_POSITION_GONE, FST_SSE_PRODUCER_LOST, FST_SSE_STREAM_GONE } from '../errors.js'
import { errorEvent, toError } from '../framing/failure.js'
import { encodeData, formatEvent } from '../sse/event.js'
import type { EventStore, LogPage } from '../stores/event-store.js'
import type { Deadlines } from '../util/deadlines.js'
import { LiveLog } from './live-log.js'

/** The longest that it waits before it looks at the log without a notification. Milliseconds. */
const LOOK = 10_000
/** How long after a lease should have run out it is looked at. Milliseconds. */
const AFTERWARDS = 10

/** The last event of a stream whose producer is lost. */
const LOST = formatEvent(errorEvent(new FST_SSE_PRODUCER_LOST()), encodeData)

/** Keeps the log of a stream that another node produces, or that has ended, for the clients of this one. */
export class RemoteLog {
  readonly #id: string
  readonly #store: EventStore
  readonly #deadlines: Deadlines
  readonly #onClose: (log: RemoteLog) => void
  readonly #opened: Promise<LiveLog>
  #log: LiveLog | undefined
  /** Those who wait for it to open. */
  #visitors = 0
  /** Whether the store has the events in this process, so that they need not be read. */
  #isShared = false
  #isClosed = false
  #isFollowing = false
  #isNotified = false
  #followAgainAt = 0
  #wake: (() => void) | undefined

  /** @param onClose called when nobody needs it any more */
  constructor(id: string, store: EventStore, deadlines: Deadlines, onClose: (log: RemoteLog) => void) {
    this.#id = id
    this.#store = store
    this.#deadlines = deadlines
    this.#onClose = onClose
    this.#opened = this.#open()
  }

  /**
   * Gives its log to a visitor, as far as the store has it.
   *
   * @param visit may join the log
   * @throws FST_SSE_STREAM_GONE, FST_SSE_STORE_UNAVAILABLE, and what the visitor throws
   */
  async visit<T>(visit: (log: LiveLog) => T): Promise<T> {
    this.#visitors++
    try {
      const log = await this.#opened
      const result = visit(log)
      if (log.followers > 0 && log.end === undefined && !this.#isFollowing) void this.#follow(log)
      return result
    } finally {
      this.#visitors--
      this.#release()
    }
  }

  /** Something about the stream has changed in the store. */
  notify(): void {
    this.#isNotified = true
    this.#wake?.()
  }

  /** Closes it where nobody needs it. */
  #release(): void {
    if (this.#visitors + (this.#log?.followers ?? 0) === 0) this.#close()
  }

  #close(): void {
    this.#isClosed = true
    this.#onClose(this)
    if (!this.#isFollowing && this.#log !== undefined && this.#log.end === undefined) this.#leave()
    this.#wake?.()
  }

  async #open(): Promise<LiveLog> {
    const frames = this.#store.local?.events(this.#id)
    // Most who ask stay, and what the producer holds back is on its way then.
    const [page] = await Promise.all([this.#read(frames?.length ?? 0), this.#sayFollowing()])
    const { owner, protocol = 'events' } = page
    const first = frames === undefined ? page.first : 1
    const log = new LiveLog(this.#id, { owner, protocol }, first, () => this.#release(), frames)
    this.#log = log
    this.#isShared = frames !== undefined
    for (let next = page; this.#fill(log, next); ) next = await this.#read(log.last)
    return log
  }

  async #follow(log: LiveLog): Promise<void> {
    this.#isFollowing = true
    try {
      while (!this.#isClosed) {
        this.#isNotified = false
        const [page] = await Promise.all([this.#read(log.last), this.#sayFollowing()])
        const isMore = this.#fill(log, page)
        if (log.end !== undefined) break
        if (isMore) continue
        if (page.leaseLeft > 0) await this.#notified(page.leaseLeft)
        else await this.#store.endLost(this.#id, LOST)
      }
    } catch (error) {
      log.finish({ frame: undefined, error: toError(error) })
      this.#close()
    }
    this.#leave()
  }

  #leave(): void {
    // A node that cannot say that it has left is found out when it is not heard of any more.
    this.#store.unfollow(this.#id).catch(() => {})
  }

  async #read(after: number): Promise<LogPage> {
    const page = await this.#store.read(this.#id, after)
    if (page === undefined) throw new FST_SSE_STREAM_GONE()
    return page
  }

  /** Says in time that this node follows. */
  async #sayFollowing(): Promise<void> {
    const now = performance.now()
    if (now < this.#followAgainAt) return
    this.#followAgainAt = now + this.#store.lease / 3
    await this.#store.follow(this.#id)
  }

  #notified(leaseLeft: number): Promise<void> {
    return new Promise(resolve => {
      if (this.#isNotified || this.#isClosed) return resolve()
      const deadline = { onDeadline: resolve }
      this.#wake = () => {
        this.#deadlines.clear(deadline)
        resolve()
      }
      this.#deadlines.set(deadline, Math.ceil(Math.min(leaseLeft + AFTERWARDS, this.#store.lease / 3, LOOK)))
    })
  }

  /** @returns whether there may be more to read at once */
  #fill(log: LiveLog, { first, events, end, more }: LogPage): boolean {
    // Whatever a store says, a client gets no text with a hole in it.
    if (!this.#isShared && first !== log.last + 1) throw new FST_SSE_POSITION_GONE()
    log.appendAll(events)
    if (end !== undefined) log.finish(end)
    return more
  }
}
