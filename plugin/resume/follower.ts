import type { FastifyBaseLogger } from 'fastify'
import { FST_SSE_POSITION_GONE, FST_SSE_PRODUCER_LOST } from '../errors.js'
import type { ChunkSource } from '../framing/chunk-source.js'
import { errorEvent, logFailure } from '../framing/failure.js'
import { FrameEncoder, plainCodec } from '../framing/frame-encoder.js'
import type { Protocol } from '../framing/protocols/protocol.js'
import { encodeData, formatEvent } from '../sse/event.js'
import { END_ID } from '../sse/last-event-id.js'
import { logError } from '../util/log.js'
import type { LiveLog, LocalEnd } from './live-log.js'

/** What makes a stream, as far as the client knows it whose request it was made for. */
export interface FirstClientListener {
  /** Called at the client's first read. May fail as a source may. */
  start(): Promise<void>
  /** The client has left, or has had all. @param told whether the stream's failure was handed to it */
  left(told: boolean): void
}

type Next = IteratorResult<string, string> | Promise<IteratorResult<string, string>>

interface Waiting {
  resolve(result: Next): void
  reject(error: unknown): void
}

/** Reads a log for one client, from where that is. */
export class Follower implements ChunkSource {
  readonly #log: LiveLog
  readonly #logger: FastifyBaseLogger
  /** Of the protocol that the stream speaks; `undefined` for the plugin's own events. */
  readonly #frames: FrameEncoder | undefined
  readonly #maker: FirstClientListener | undefined
  readonly #highWaterMark: number
  events = 0
  bytes = 0
  #at: number
  #told = false
  #waiting: Waiting | undefined
  readonly #onChange = () => this.#goOn()
  /** One for all runs: who reads is done with it before the next. */
  readonly #result = { done: false as const, value: '' }

  /**
   * @param after the number of the last event that the client has, 0 for none
   * @param highWaterMark how many bytes are held for the client
   * @param protocol that the stream speaks
   * @param maker for the client whose request makes the stream
   */
  constructor(
    log: LiveLog,
    after: number,
    highWaterMark: number,
    logger: FastifyBaseLogger,
    protocol: Protocol | undefined,
    maker?: FirstClientListener
  ) {
    this.#log = log
    this.#at = after
    this.#logger = logger
    if (protocol !== undefined)
      this.#frames = new FrameEncoder({ protocol }, Number.POSITIVE_INFINITY, plainCodec, END_ID)
    this.#maker = maker
    this.#highWaterMark = highWaterMark
    log.join()
  }

  async start(): Promise<this> {
    await this.#maker?.start()
    return this
  }

  next(): Next {
    if (this.#at < this.#log.last) {
      const { text, events, bytes } = this.#log.read(this.#at, this.#highWaterMark)
      this.#at += events
      this.events = events
      this.bytes = bytes
      this.#result.value = text
      return this.#result
    }
    if (this.#log.end !== undefined) return { done: true, value: this.#last(this.#log.end) }
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#log.wait(this.#onChange)
    })
  }

  item(frame: unknown): string {
    return frame as string
  }

  rest(): string {
    return ''
  }

  end(frame: unknown): string {
    this.cancel()
    return frame as string
  }

  failed(error: Error): string | undefined {
    logFailure(this.#logger, error)
    const { end } = this.#log
    if (end?.error === error && end.frame !== undefined) return this.#log.endText(end.frame)
    if (this.#frames !== undefined) return this.#frames.error(error, this.#logger)
    return formatEvent({ ...errorEvent(error), id: END_ID }, encodeData)
  }

  cancel(): void {
    this.#log.forget(this.#onChange)
    this.#log.leave()
    this.#maker?.left(this.#told)
  }

  ignore(error: unknown): void {
    logError(this.#logger, 'debug', error, 'what an ended response followed failed')
  }

  #goOn(): void {
    const { resolve, reject } = this.#waiting as Waiting
    try {
      resolve(this.next())
    } catch (error) {
      reject(error)
    }
  }

  #last(end: LocalEnd): string {
    if (end.frame === undefined) throw end.error
    // A client may have had what a producer that is lost has not brought into the log any more.
    if (this.#at > this.#log.last && !end.lost) throw new FST_SSE_POSITION_GONE()
    // Only to the request that made the stream may a failure be an error response (E1).
    if (end.error !== undefined && this.#maker !== undefined) {
      this.#told = true
      throw end.error
    }
    // Who has found out that the producer is lost does not know what its clients speak.
    if (end.lost && this.#frames !== undefined) throw new FST_SSE_PRODUCER_LOST()
    return this.#log.endText(end.frame)
  }
}
