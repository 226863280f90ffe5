import type { Chunk } from '../../framing/chunk.js'
import type { Sink } from '../../source/pull.js'
import type { SourceDeadlines } from '../../source/source-deadlines.js'
import { formatRetry, HEARTBEAT } from '../../sse/event.js'
import { WriteBatch } from '../../sse/write-batch.js'
import type { Deadline, Deadlines } from '../../util/timing/deadlines.js'
import { TimeSlice } from '../../util/timing/time-slice.js'
import { isClosed, type RawResponse } from '../raw-response.js'
import type { Summary } from '../summary/summary.js'
import type { Writer } from './writer.js'

/** Settings for the data that a stream sends in addition to its events. */
export interface PumpSettings {
  /** The silence after which a heartbeat is sent. Milliseconds, or `false` for no heartbeats. */
  readonly heartbeat: number | false
  /** The reconnect delay that is sent first. Milliseconds; `undefined` for none. */
  readonly retry: number | undefined
}

/**
 * Writes chunks to a client. The first is written at once; later ones that are ready together are written together
 * (S5). It waits for a slow client (S4), and sends heartbeats to a silent stream (W3).
 */
export class Pump implements Sink<Chunk>, Deadline {
  readonly slice = new TimeSlice()
  readonly #writer: Writer
  readonly #raw: RawResponse
  readonly #settings: PumpSettings
  readonly #deadlines: Deadlines
  readonly #summary: Summary
  readonly #batch = new WriteBatch()
  /** A frame that goes out with the head if the first event is not there yet. */
  headFrame = ''
  #isFlushing = false
  #hasBegun = false
  isOpen = true
  /** Told of the first event. Default: none. */
  sourceDeadlines: SourceDeadlines | undefined

  constructor(writer: Writer, raw: RawResponse, settings: PumpSettings, deadlines: Deadlines, summary: Summary) {
    this.#writer = writer
    this.#raw = raw
    this.#settings = settings
    this.#deadlines = deadlines
    this.#summary = summary
  }

  /** Whether the response has begun, so that its status can no longer change. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  room(): Promise<void> | undefined {
    return this.#writer.isReady ? undefined : this.#summary.waits(this.#writer.drained())
  }

  take({ text, events, bytes }: Chunk): void {
    if (text === '') return
    const isFirst = this.#summary.count(events)
    if (isFirst) this.#begin()
    // A chunk of a log may fill the buffer of the client on its own.
    else if (bytes !== undefined && this.#batch.bytes + bytes > this.#writer.room) this.#flush()
    this.#batch.add(text, bytes)
    if (isFirst) {
      this.sourceDeadlines?.begin()
      this.#flush()
      if (this.#writer.hasLeft !== true) this.slice.cut()
    } else if (this.#batch.fills(this.#writer.room)) {
      this.#flush()
    } else if (!this.#isFlushing) {
      this.#isFlushing = true
      this.slice.onSettled(Pump.#settle, this)
    }
  }

  /** @param commitAfter how long the head of the response waits for the first event, in milliseconds */
  start(commitAfter: number): void {
    this.#deadlines.set(this, commitAfter)
  }

  /** Sends a heartbeat after a silence (W3). Before the first event it brings the head, since `commitAfter` is over. */
  onDeadline(): void {
    if (this.#hasBegun && !this.#writer.isIdle) {
      this.#awaitSilence()
    } else {
      if (!this.#hasBegun) this.#sendHead()
      this.#batch.add(HEARTBEAT)
      this.#flush()
    }
  }

  /** Takes no more chunks. */
  close(): void {
    this.isOpen = false
    this.#summary.waited = this.slice.pausedFor
    this.#deadlines.clear(this)
    this.slice.forget()
  }

  /** Sends the last frame together with the end. @param frame `''` for none */
  end(frame: string): void {
    this.#begin()
    this.#batch.add(frame)
    const { bytes } = this.#batch
    this.#summary.bytes += bytes
    this.#writer.end(this.#batch.take(), bytes)
  }

  /** Removes and returns the text that has not been written yet. */
  takeRest(): string {
    return this.#batch.take()
  }

  #sendHead(): void {
    this.#begin()
    this.#batch.add(this.headFrame)
  }

  #begin(): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    if (this.#settings.retry !== undefined) this.#batch.add(formatRetry(this.#settings.retry))
  }

  static #settle(pump: Pump): void {
    pump.#isFlushing = false
    // The event of a destroyed socket may come later than this.
    if (pump.isOpen && !isClosed(pump.#raw)) pump.#flush()
  }

  /** Writes all text that is ready at once. */
  #flush(): void {
    if (this.#batch.isEmpty) return
    const { bytes } = this.#batch
    this.#summary.bytes += bytes
    this.#writer.write(this.#batch.take(), bytes)
    this.#awaitSilence()
  }

  #awaitSilence(): void {
    if (!this.isOpen) return
    if (this.#settings.heartbeat === false) this.#deadlines.clear(this)
    else this.#deadlines.set(this, this.#settings.heartbeat)
  }
}
