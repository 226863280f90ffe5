import type { FastifyBaseLogger } from 'fastify'
import { FST_SSE_POSITION_GONE, FST_SSE_PRODUCER_LOST } from '../errors.js'
import { type Chunk, type ChunkSource, lastChunk } from '../framing/chunk.js'
import { plainCodec } from '../framing/codec.js'
import { FrameEncoder, type FrameOptions } from '../framing/frame-encoder.js'
import { reconnects } from '../framing/protocols/protocols.js'
import { END_ID } from '../sse/last-event-id.js'
import { formatEventId } from './event-id.js'
import type { LiveLog, LocalEnd } from './live-log.js'

/** What makes a stream, as far as the client knows it whose request it was made for. */
export interface FirstClientListener {
  /** Called at the client's first read. May fail as a source may. */
  start(): Promise<void>
  /** The client has left, or has had all. @param told whether the stream's failure was handed to it */
  left(told: boolean): void
}

/** Reads a log for one client, from where that is. */
export class Follower implements ChunkSource<void> {
  readonly #log: LiveLog
  readonly #logger: FastifyBaseLogger
  readonly #protocol: FrameOptions['protocol']
  readonly #highWaterMark: number
  /** For the client whose request makes the stream. */
  readonly #first: FirstClientListener | undefined
  #at: number
  #isStarted = false
  #told = false
  #onChange: (() => void) | undefined

  /**
   * @param after the number of the last event that the client has, 0 for none
   * @param highWaterMark how many bytes are held for the client
   * @param protocol that the stream speaks
   */
  constructor(
    log: LiveLog,
    after: number,
    highWaterMark: number,
    logger: FastifyBaseLogger,
    protocol: FrameOptions['protocol'],
    first?: FirstClientListener
  ) {
    this.#log = log
    this.#at = after
    this.#logger = logger
    this.#protocol = protocol
    this.#first = first
    this.#highWaterMark = highWaterMark
    log.join()
  }

  /** Waits until there is something to read. */
  next(): Promise<void> | void {
    if (!this.#isStarted) return this.#start()
    return this.#at < this.#log.last || this.#log.end !== undefined ? undefined : this.#more()
  }

  /** Reads it. */
  encode(): Chunk {
    const log = this.#log
    if (this.#at >= log.last && log.end !== undefined) return lastChunk(this.#last(log.end))
    const chunk = log.read(this.#at, this.#highWaterMark)
    this.#at += chunk.events
    return chunk
  }

  encodeError(error: Error): string | undefined {
    const { end } = this.#log
    if (end?.error === error && end.frame !== undefined) return this.#log.endText(end.frame)
    return this.#errorFrame(error, END_ID)
  }

  close(): void {
    if (this.#onChange !== undefined) this.#log.forget(this.#onChange)
    this.#log.leave()
    this.#first?.left(this.#told)
  }

  async #start(): Promise<void> {
    this.#isStarted = true
    await this.#first?.start()
    await this.next()
  }

  #more(): Promise<void> {
    return new Promise(resolve => {
      this.#onChange = resolve
      this.#log.wait(resolve)
    })
  }

  #last(end: LocalEnd): string {
    if (end.frame === undefined) throw end.error
    // A client may have had what a producer that is lost has not brought into the log any more.
    if (this.#at > this.#log.last && !end.lost) throw new FST_SSE_POSITION_GONE()
    // Only to the request that made the stream may a failure be an error response (E1).
    if (end.error !== undefined && this.#first !== undefined) {
      this.#told = true
      throw end.error
    }
    return end.lost ? this.#lost() : this.#log.endText(end.frame)
  }

  /** Whoever found out that the producer is lost did not know which protocol the clients of the stream speak. */
  #lost(): string {
    const error = new FST_SSE_PRODUCER_LOST()
    const { id, last } = this.#log
    const frame = reconnects(this.#protocol) && this.#errorFrame(error, formatEventId(id, last + 1, true))
    if (frame) return frame
    throw error
  }

  #errorFrame(error: Error, endId: string): string | undefined {
    const encoder = new FrameEncoder({ protocol: this.#protocol }, Number.POSITIVE_INFINITY, plainCodec, endId)
    return encoder.error(error, this.#logger)
  }
}
