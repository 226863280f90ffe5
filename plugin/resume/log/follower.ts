import type { FastifyBaseLogger } from 'fastify'
import { FST_SSE_POSITION_GONE, FST_SSE_PRODUCER_LOST, FST_SSE_STREAM_STOPPED } from '../../errors.js'
import { type Chunk, type ChunkSource, lastChunk } from '../../framing/chunk.js'
import { plainCodec } from '../../framing/codec.js'
import { errorEvent } from '../../framing/failure.js'
import { FrameEncoder, type FrameOptions } from '../../framing/frame-encoder.js'
import { reconnects } from '../../framing/protocols/protocols.js'
import { encodeData, formatEvent } from '../../sse/event.js'
import { END_ID } from '../../sse/last-event-id.js'
import { withId } from '../../sse/numbered-frames.js'
import { logError } from '../../util/log.js'
import { formatEventId } from './event-id.js'
import type { LiveLog, LocalEnd, LogReader } from './live-log.js'

/** A producer that its first client starts: the client whose request created the stream. */
export interface OnDemandProducer {
  /**
   * Starts the producer. Called at the first read of the first client.
   *
   * @throws why it may not start; if that takes time to find out, the result rejects with it
   */
  start(): Promise<void> | void
  /**
   * Called when the first client stops reading: it has left, or has read the stream to its end.
   *
   * @param sawFailure whether the error of the stream was passed on to its response, which then logs it
   */
  onFirstClientLeft(sawFailure: boolean): void
}

/** Reads a log for one client, from the position of that client. */
export class Follower implements ChunkSource<void>, LogReader {
  readonly #log: LiveLog
  readonly #logger: FastifyBaseLogger
  readonly #protocol: FrameOptions['protocol']
  readonly #highWaterMark: number
  /** The producer, if this is its first client. */
  readonly #producer: OnDemandProducer | undefined
  /** The number of the last event that was read. */
  #position: number
  #isStarted = false
  #sawFailure = false
  #onChange: (() => void) | undefined

  /**
   * @param after the number of the last event that the client has; 0 for none
   * @param highWaterMark the size of the largest chunk with more than one event, in bytes
   * @param protocol the protocol of the stream
   * @param producer the producer, if this is the first client of the stream
   */
  constructor(
    log: LiveLog,
    after: number,
    highWaterMark: number,
    logger: FastifyBaseLogger,
    protocol: FrameOptions['protocol'],
    producer?: OnDemandProducer
  ) {
    this.#log = log
    this.#position = after
    this.#logger = logger
    this.#protocol = protocol
    this.#producer = producer
    this.#highWaterMark = highWaterMark
    log.join(this)
  }

  get position(): number {
    return this.#position
  }

  get goesOn(): boolean {
    return this.#log.source?.goesOn === true
  }

  /** Only clients that reconnect by themselves look for it. */
  get headFrame(): string | undefined {
    const isNew = this.#position === 0 && reconnects(this.#protocol)
    return isNew ? `${withId(formatEventId(this.#log.eventIds, 0), '')}\n` : undefined
  }

  /** Waits until there are events to read, or the end. The first call starts the producer. */
  next(): Promise<void> | void {
    if (!this.#isStarted) {
      this.#isStarted = true
      const started = this.#producer?.start()
      if (started !== undefined) return started.then(() => this.next())
    }
    return this.#position < this.#log.last || this.#log.end !== undefined ? undefined : this.#changed()
  }

  /** Reads the events that `next` has waited for. */
  encode(): Chunk {
    const log = this.#log
    if (this.#position >= log.last && log.end !== undefined) return this.#last(log.end)
    const chunk = log.read(this.#position, this.#highWaterMark)
    this.#position += chunk.events
    log.hasRead()
    return chunk
  }

  encodeError(error: Error): string | undefined {
    const { end } = this.#log
    if (end?.error === error && end.frame !== undefined) return this.#log.endText(end.frame)
    return this.#errorFrame(error, END_ID)
  }

  encodeStopped(): string {
    // What cannot start has no end of its own, and the end must not look like that of a complete answer (E4).
    const lastResort = () => formatEvent(errorEvent(new FST_SSE_STREAM_STOPPED()), encodeData)
    return this.#encoder(END_ID)?.stopped(this.#logger) ?? lastResort()
  }

  close(): void {
    if (this.#onChange !== undefined) this.#log.forget(this.#onChange)
    this.#log.leave(this)
    this.#producer?.onFirstClientLeft(this.#sawFailure)
  }

  #changed(): Promise<void> {
    return new Promise(resolve => {
      this.#onChange = resolve
      this.#log.wait(resolve)
    })
  }

  #last(end: LocalEnd): Chunk {
    if (end.frame === undefined) throw end.error
    // The client can be ahead of the log of a lost producer, which sent events before it could store them.
    if (this.#position > this.#log.last && !end.lost) throw new FST_SSE_POSITION_GONE()
    // Only the first client gets the error itself, which may become an error response (E1).
    if (end.error !== undefined && this.#producer !== undefined) {
      this.#sawFailure = true
      throw end.error
    }
    return end.lost ? lastChunk(this.#lostFrame()) : lastChunk(this.#log.endText(end.frame), end.isStopped)
  }

  /** The last frame of a stream whose producer is lost. The frame in the log ignores the protocol of the stream. */
  #lostFrame(): string {
    const error = new FST_SSE_PRODUCER_LOST()
    const { eventIds, last } = this.#log
    const frame = reconnects(this.#protocol) && this.#errorFrame(error, formatEventId(eventIds, last + 1, true))
    if (frame) return frame
    throw error
  }

  /** An encoder for last events; `undefined` if the protocol cannot start. */
  #encoder(endId: string): FrameEncoder | undefined {
    try {
      return new FrameEncoder({ protocol: this.#protocol }, Number.POSITIVE_INFINITY, plainCodec, endId)
    } catch (failure) {
      logError(this.#logger, 'error', failure, 'the protocol cannot start')
      return undefined
    }
  }

  #errorFrame(error: Error, endId: string): string | undefined {
    return this.#encoder(endId)?.error(error, this.#logger)
  }
}
