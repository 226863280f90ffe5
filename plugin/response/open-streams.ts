import { type SetItem, UnorderedSet } from '../util/collections/unordered-set.js'
import { type Deadline, Deadlines } from '../util/timing/deadlines.js'
import { reconnectDelay } from '../util/timing/reconnect-delay.js'

/** How long `drain` waits for what is tracked. Milliseconds. */
const FINISH_TIMEOUT = 10_000

/** What `drain` leaves of the time that closing may take. Milliseconds. */
export const CLOSE_MARGIN = 500

/** A stream that its server can cut off. */
export interface OpenStream extends SetItem {
  /** Cuts it off. @param retry the reconnect delay for its client, in milliseconds */
  close(retry: number): void
}

/** The open streams of one server, and the timer that they share. */
export class OpenStreams {
  readonly deadlines = new Deadlines()
  readonly #open = new UnorderedSet<OpenStream>()
  readonly #drainTimeout: number
  readonly #closeTimeout: number
  /** What `onFinish` does at the moment. */
  readonly #finishing = new Set<Promise<void>>()
  #closing = false
  /** Whether all that was open is over. What comes later would be left to itself. */
  #hasDrained = false
  #whenIdle: (() => void) | undefined

  /**
   * @param drainTimeout how long open streams may go on when the server closes, in milliseconds. They are cut off
   *   before the time is over that closing may take
   * @param closeTimeout how long closing may take, in milliseconds. Default: no limit
   */
  constructor(drainTimeout: number, closeTimeout = Number.POSITIVE_INFINITY) {
    this.#drainTimeout = Math.min(drainTimeout, Math.max(0, closeTimeout - CLOSE_MARGIN))
    this.#closeTimeout = closeTimeout
  }

  /** Whether the server is closing and takes no new streams. */
  get isClosing(): boolean {
    return this.#closing
  }

  /** Adds what is open until it is deleted. A server that has drained cuts it off in the next microtask. */
  add(stream: OpenStream): void {
    this.#open.add(stream)
    if (this.#hasDrained) queueMicrotask(() => stream.close(reconnectDelay()))
  }

  delete(stream: OpenStream): void {
    if (this.#open.delete(stream) && this.#open.size === 0) this.#whenIdle?.()
  }

  /** Keeps the server open until a promise has settled. @param finished never rejects */
  track(finished: Promise<void>): void {
    this.#finishing.add(finished)
    void finished.then(() => this.#finishing.delete(finished))
  }

  /**
   * Refuses new streams, lets open ones go on for `drainTimeout`, then cuts off the rest (V2). Resolves when none is
   * open, and all that is tracked has settled (E8).
   *
   * @returns how many of those that are tracked have not settled in time
   */
  async drain(): Promise<number> {
    const end = performance.now() + this.#closeTimeout - CLOSE_MARGIN
    this.#closing = true
    await this.#idle()
    return this.#finished(Math.min(FINISH_TIMEOUT, end - performance.now()))
  }

  async #finished(ms: number): Promise<number> {
    if (this.#finishing.size === 0) return 0
    let timeout!: Deadline
    let isLate = false
    const late = new Promise<void>(resolve => {
      timeout = {
        onDeadline() {
          isLate = true
          resolve()
        }
      }
    })
    this.deadlines.set(timeout, Math.max(0, ms))
    // One that settles may begin another: after the last items of a source, `onFinish` is called.
    while (this.#finishing.size > 0 && !isLate) await Promise.race([Promise.all(this.#finishing), late])
    this.deadlines.clear(timeout)
    return this.#finishing.size
  }

  async #idle(): Promise<void> {
    if (this.#open.size === 0) {
      this.#hasDrained = true
      return
    }
    const idle = new Promise<void>(resolve => {
      this.#whenIdle = () => {
        this.#hasDrained = true
        resolve()
      }
    })
    const timeout = { onDeadline: () => this.#closeAll() }
    this.deadlines.set(timeout, this.#drainTimeout)
    await idle
    this.deadlines.clear(timeout)
  }

  #closeAll(): void {
    this.#open.visit(stream => stream.close(reconnectDelay()))
  }
}
