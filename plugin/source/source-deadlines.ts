import { FST_SSE_DURATION_EXCEEDED, FST_SSE_FIRST_EVENT_TIMEOUT, FST_SSE_IDLE_TIMEOUT } from '../errors.js'
import { type Deadline, type DeadlineEntry, type Deadlines, stepTo } from '../util/timing/deadlines.js'
import type { TimeSlice } from '../util/timing/time-slice.js'

/** The deadlines of a source (V5). Milliseconds, or `false` for none. */
export interface SourceTimeouts {
  /** How long the source may take to its first event. */
  readonly firstEventTimeout: number | false
  /** How long the source may give nothing after its first event, while it is asked for more. */
  readonly idleTimeout: number | false
  /** How long the source may run. */
  readonly maxDuration: number | false
}

/** A run of a source that has deadlines. */
export interface TimedRun {
  /** The time slices in which the source is pulled. They know when it was last asked for an item. */
  readonly slice: TimeSlice
  /** Called when a deadline has passed. The source is to be ended. */
  fail(error: Error): void
}

/**
 * Ends a source that is too slow (V5).
 *
 * An item costs nothing: the deadline is not moved with each of them. When it comes, it looks when the source was last
 * asked for an item, and is set again if that was not long enough ago. So the time in which a slow client keeps the
 * source waiting does not count as silence of the source.
 */
export class SourceDeadlines implements Deadline {
  entry?: DeadlineEntry | undefined
  readonly #run: TimedRun
  readonly #timeouts: SourceTimeouts
  readonly #deadlines: Deadlines
  #startedAt = 0
  #hasBegun = false

  constructor(run: TimedRun, timeouts: SourceTimeouts, deadlines: Deadlines) {
    this.#run = run
    this.#timeouts = timeouts
    this.#deadlines = deadlines
  }

  /** Called when the source starts. */
  start(): void {
    this.#startedAt = performance.now()
    this.#await()
  }

  /** Called when the source has given its first event. From now on, its silence counts. */
  begin(): void {
    this.#hasBegun = true
    if (this.#timeouts.idleTimeout !== false) this.#await()
  }

  /** Called when the source has ended, for whatever reason. */
  stop(): void {
    this.#deadlines.clear(this)
  }

  onDeadline(): void {
    const error = this.#exceeded(performance.now())
    if (error === undefined) this.#await()
    else this.#run.fail(error)
  }

  #exceeded(now: number): Error | undefined {
    const { firstEventTimeout, idleTimeout, maxDuration } = this.#timeouts
    const { slice } = this.#run
    const duration = now - this.#startedAt
    if (isOver(duration, maxDuration)) return new FST_SSE_DURATION_EXCEEDED(maxDuration)
    if (!this.#hasBegun) {
      return isOver(duration, firstEventTimeout) ? new FST_SSE_FIRST_EVENT_TIMEOUT(firstEventTimeout) : undefined
    }
    const isIdle = !slice.isPaused && isOver(now - slice.seenAt, idleTimeout)
    return isIdle ? new FST_SSE_IDLE_TIMEOUT(idleTimeout) : undefined
  }

  /** Waits until the next deadline may have passed. */
  #await(): void {
    const now = performance.now()
    const { firstEventTimeout, idleTimeout, maxDuration } = this.#timeouts
    const { slice } = this.#run
    const duration = now - this.#startedAt
    const silence = slice.isPaused ? 0 : now - slice.seenAt
    const next = this.#hasBegun ? leftOf(idleTimeout, silence) : leftOf(firstEventTimeout, duration)
    const left = Math.min(next, leftOf(maxDuration, duration))
    if (left !== Number.POSITIVE_INFINITY) this.#deadlines.set(this, stepTo(left))
  }
}

function isOver(passed: number, limit: number | false): limit is number {
  return limit !== false && passed >= limit
}

function leftOf(limit: number | false, passed: number): number {
  return limit === false ? Number.POSITIVE_INFINITY : limit - passed
}
