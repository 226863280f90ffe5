import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { FST_SSE_CLOSING, FST_SSE_STORE_UNAVAILABLE } from '../errors.js'
import type { ChunkSource } from '../framing/chunk.js'
import type { BuiltInProtocol } from '../framing/protocols/protocol.js'
import { formatRetry } from '../sse/event.js'
import { reconnectDelay } from '../util/timing/reconnect-delay.js'
import type { Asked } from './asked-replies.js'
import { isEventSource, retryAfter } from './close/come-back.js'
import { toPlainError } from './error-response.js'
import { EventStream } from './event-stream.js'
import type { EventStreamSettings, SourceLimits } from './event-stream-parts.js'
import { sendOwn } from './forgotten-return.js'
import { setHeaders, unsetHeaders } from './headers.js'
import type { OpenStreams } from './open-streams.js'
import { isClosed } from './raw-response.js'
import { sendStream } from './send-stream.js'
import { Summary, type SummaryOptions } from './summary/summary.js'

/** The parts of a response other than its events. */
export interface ResponderParts extends SummaryOptions {
  readonly reply: FastifyReply
  readonly asked: Asked
  readonly protocol: BuiltInProtocol
  readonly settings: EventStreamSettings
  readonly streams: OpenStreams
}

/** Optional parts of a response with a stream. */
export interface StreamExtras {
  /** The id of a resumable stream. */
  readonly id?: string | undefined
  /** Ends the response when it is aborted. */
  readonly signal?: AbortSignal | undefined
  /** The limits of the source, if the chunks come from it directly. */
  readonly source?: SourceLimits | undefined
  /** The number of the last event that the client of a stream has that was there before. */
  readonly after?: number | undefined
}

/** Answers one request: with a stream, without one, or with an error. */
export class Responder {
  readonly reply: FastifyReply
  readonly settings: EventStreamSettings
  readonly #parts: ResponderParts
  readonly #summary: Summary

  constructor(parts: ResponderParts) {
    this.reply = parts.reply
    this.settings = parts.settings
    this.#parts = parts
    this.#summary = new Summary(parts.reply, parts)
    parts.asked.protocol = parts.protocol
  }

  /**
   * Answers a request that needs no source: one whose client has left, one from a client that has the whole answer
   * (E6), or a HEAD (S3).
   *
   * @param hasAll whether the client has had the last event
   * @returns `undefined` if the request needs a source
   */
  early(hasAll: boolean): FastifyReply | undefined {
    if (this.#isClosed) return this.left()
    if (hasAll) return this.nothing()
    return this.reply.request.method === 'HEAD' ? this.#head() : undefined
  }

  /** Answers with a stream. */
  stream(chunks: ChunkSource, { id, signal, source, after }: StreamExtras): FastifyReply {
    const { reply, asked, protocol, settings, streams } = this.#parts
    setHeaders(reply, protocol, id)
    const summary = this.#summary
    summary.streamId = id
    const stream = new EventStream({ chunks, reply, settings, source, signal, summary, after }, streams)
    asked.stream = stream
    return sendStream(reply, asked, stream)
  }

  /**
   * Answers with a stream after asynchronous work. The client may have left, or the server may be closing.
   *
   * @param isOpen whether the server waits for the stream even if it is closing
   */
  streamLate(chunks: ChunkSource, extras: StreamExtras, isOpen = !this.#parts.streams.isClosing): void {
    if (!this.#isClosed && isOpen) {
      this.stream(chunks, extras)
      return
    }
    chunks.close()
    this.fail(new FST_SSE_CLOSING())
  }

  /**
   * Refuses a new stream because the server closes (V2). An EventSource is asked to reconnect.
   *
   * @throws FST_SSE_CLOSING for any other client
   */
  refuse(): FastifyReply {
    const { reply, protocol } = this.#parts
    const error = new FST_SSE_CLOSING()
    if (protocol.reconnects !== true || !isEventSource(reply.request.raw)) {
      reply.header('retry-after', retryAfter())
      throw error
    }
    this.fail(error)
    return reply
  }

  /** Answers 204: the client has the whole answer, and must not reconnect (E6). */
  nothing(): FastifyReply {
    if (this.#isClosed) return this.left()
    this.#summary.expect('skipped')
    unsetHeaders(this.reply)
    return sendOwn(this.reply.code(204), this.#parts.asked)
  }

  /** Answers with an error after asynchronous work. */
  fail(thrown: unknown): void {
    const error = toPlainError(thrown)
    if (this.#isClosed) {
      this.left()
    } else if (this.#parts.protocol.reconnects === true && isTemporary(error)) {
      this.#summary.reason = error instanceof FST_SSE_CLOSING ? 'closing' : 'failed'
      this.#reconnectLater()
    } else {
      this.#summary.expect('error', error)
      sendOwn(this.reply, this.#parts.asked, error)
    }
  }

  /** Asks the client to reconnect later, with a 200: another status stops EventSource (WHATWG HTML, section 9.2.3). */
  #reconnectLater(): void {
    setHeaders(this.reply, this.#parts.protocol)
    this.#summary.expect('closed')
    sendOwn(this.reply.code(200), this.#parts.asked, formatRetry(reconnectDelay()))
  }

  #head(): FastifyReply {
    setHeaders(this.reply, this.#parts.protocol)
    this.#summary.expect('skipped')
    return sendOwn(this.reply, this.#parts.asked, Readable.from([]))
  }

  /** Answers nothing: the client has left. */
  left(): FastifyReply {
    this.#summary.expect('aborted')
    return this.reply
  }

  get #isClosed(): boolean {
    return isClosed(this.reply.raw)
  }
}

function isTemporary(error: Error): boolean {
  return error instanceof FST_SSE_STORE_UNAVAILABLE || error instanceof FST_SSE_CLOSING
}
