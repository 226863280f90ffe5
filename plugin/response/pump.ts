import type { Chunk } from '../framing/chunk.js'
import type { Sink } from '../source/pull.js'
import { formatRetry, HEARTBEAT } from '../sse/event.js'
import { WriteBatch } from '../sse/write-batch.js'
import type { Deadline, Deadlines } from '../util/deadlines.js'
import { TimeSlice } from '../util/time-slice.js'
import { isClosed, type RawResponse } from './raw-response.js'
import type { Summary } from './summary.js'
import type { Writer } from './writer.js'

/** What a stream sends beside the chunks of its source. */
export interface PumpSettings {
  /** After how much silence a heartbeat is sent. Milliseconds, or `false` for never. */
  readonly heartbeat: number | false
  /** The reconnect delay that is sent at the start. Milliseconds; `undefined` for none. */
  readonly retry: number | undefined
}

/**
 * Writes chunks: the first at once, later ones that are ready together in one write (S5), none faster than they are read
 * (S4), and a heartbeat where there was nothing to write for a while (W3).
 */
export class Pump implements Sink<Chunk>, Deadline {
  readonly slice = new TimeSlice()
  readonly #writer: Writer
  readonly #raw: RawResponse
  readonly #settings: PumpSettings
  readonly #deadlines: Deadlines
  readonly #summary: Summary
  readonly #batch = new WriteBatch()
  #isFlushing = false
  #hasBegun = false
  isOpen = true

  constructor(writer: Writer, raw: RawResponse, settings: PumpSettings, deadlines: Deadlines, summary: Summary) {
    this.#writer = writer
    this.#raw = raw
    this.#settings = settings
    this.#deadlines = deadlines
    this.#summary = summary
  }

  /** Whether the response has begun, so that an error can no longer have a status of its own. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  room(): Promise<void> | undefined {
    return this.#writer.isReady ? undefined : this.#writer.drained()
  }

  take({ text, events, bytes }: Chunk): void {
    if (text === '') return
    const isFirst = this.#summary.count(events)
    if (isFirst) this.#begin()
    // A chunk of a log may be as large as all that is held for a client.
    else if (bytes !== undefined && this.#batch.bytes + bytes > this.#writer.room) this.#flush()
    this.#batch.add(text, bytes)
    if (isFirst) {
      this.#flush()
      // It is on its way only when the source lets others go on.
      this.slice.cut()
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

  /** Nothing has been sent for too long: the head tells the client that the stream is there, later on a heartbeat does. */
  onDeadline(): void {
    if (this.#hasBegun && !this.#writer.isIdle) {
      this.#awaitSilence()
    } else {
      this.#begin()
      this.#batch.add(HEARTBEAT)
      this.#flush()
    }
  }

  /** Takes nothing more. */
  close(): void {
    this.isOpen = false
    this.#deadlines.clear(this)
    this.slice.forget()
  }

  /** Sends the last frame, `''` for none, and the end along with it. */
  end(frame: string): void {
    this.#begin()
    this.#batch.add(frame)
    this.#summary.bytes += this.#batch.bytes
    this.#writer.end(this.#batch.take())
  }

  /** What has not been written yet. */
  takeRest(): string {
    return this.#batch.take()
  }

  #begin(): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    if (this.#settings.retry !== undefined) this.#batch.add(formatRetry(this.#settings.retry))
  }

  static #settle(pump: Pump): void {
    pump.#isFlushing = false
    // A socket that was destroyed is told of later than this.
    if (pump.isOpen && !isClosed(pump.#raw)) pump.#flush()
  }

  /** Sends what is ready in one write. */
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
