import { FST_SSE_LOG_FULL } from '../../errors.js'
import type { Chunk } from '../../framing/chunk.js'
import type { Sink } from '../../source/pull.js'
import type { SourceDeadlines } from '../../source/source-deadlines.js'
import type { EventStore } from '../../stores/event-store.js'
import { TimeSlice } from '../../util/timing/time-slice.js'
import type { LiveLog } from '../log/live-log.js'
import { UnkeptLog } from './unkept-log.js'

/** Fills the log of a producer, within the limits of the event store (V5). */
export class LogSink implements Sink<Chunk> {
  readonly slice = new TimeSlice()
  isOpen = true
  /** When the first event came, by the clock of `performance`. */
  firstEventAt: number | undefined
  readonly #log: LiveLog
  readonly #store: EventStore
  readonly #deadlines: SourceDeadlines
  readonly #onRefused: (error: unknown) => void
  /** Set when the store has no room for the log. */
  #unkept: UnkeptLog | undefined

  /**
   * @param deadlines told of the first event
   * @param onRefused called when a store that shares the memory of the log has no room for one more event
   */
  constructor(log: LiveLog, store: EventStore, deadlines: SourceDeadlines, onRefused: (error: unknown) => void) {
    this.#log = log
    this.#store = store
    this.#deadlines = deadlines
    this.#onRefused = onRefused
  }

  /** Called when the store has no room for the log, which then need not stay within its limits. */
  onStoreFull(): void {
    this.#unkept ??= new UnkeptLog(this.#log)
  }

  /** The source does not wait for slow clients, which read from the log, unless no store keeps that. */
  room(): Promise<void> | undefined {
    return this.#unkept?.room()
  }

  /** @throws FST_SSE_LOG_FULL */
  take({ text, isDispatched }: Chunk): void {
    if (text === '') return
    this.#append(text, isDispatched)
    // The first event is sent only when the source yields to the event loop (S5).
    if (this.#log.last > 1) return
    this.firstEventAt = performance.now()
    this.slice.cut()
    this.#deadlines.begin()
  }

  #append(frame: string, isDispatched: boolean): void {
    const log = this.#log
    if (this.#unkept !== undefined) {
      log.append(frame, isDispatched)
      return
    }
    const { maxEvents, maxBytes } = this.#store
    if (log.last >= maxEvents) throw new FST_SSE_LOG_FULL(`maxEvents (${maxEvents})`)
    try {
      log.append(frame, isDispatched)
    } catch (error) {
      this.#onRefused(error)
      log.append(frame, isDispatched)
    }
    if (log.isLarger(maxBytes)) throw new FST_SSE_LOG_FULL(`maxBytes (${maxBytes})`)
  }
}
