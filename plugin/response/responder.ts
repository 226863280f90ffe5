import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { FST_SSE_CLOSING, FST_SSE_STORE_UNAVAILABLE } from '../errors.js'
import type { ChunkSource } from '../framing/chunk.js'
import { toError } from '../framing/failure.js'
import type { BuiltInProtocol } from '../framing/protocols/protocol.js'
import { formatRetry } from '../sse/event.js'
import { reconnectDelay } from '../util/reconnect-delay.js'
import { EventStream, type EventStreamSettings } from './event-stream.js'
import { setHeaders } from './headers.js'
import type { OpenStreams } from './open-streams.js'
import { isClosed } from './raw-response.js'
import { Summary, type SummaryOptions } from './summary.js'

/** What a response is made of, but for its events. */
export interface ResponderParts extends SummaryOptions {
  readonly reply: FastifyReply
  readonly protocol: BuiltInProtocol
  readonly settings: EventStreamSettings
  readonly streams: OpenStreams
}

/** What a response with a stream may have beside. */
export interface StreamExtras {
  /** Of a resumable stream. */
  readonly id?: string | undefined
  /** Ends the response when it is aborted. */
  readonly signal?: AbortSignal | undefined
}

/** One response, and the ways in which it can come to be. */
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
  }

  /**
   * Answers without a source where none is needed.
   *
   * @param hasAll whether the client has had the last event
   */
  early(hasAll: boolean): FastifyReply | undefined {
    if (this.#isClosed) return this.#left()
    if (hasAll) return this.nothing()
    return this.reply.request.method === 'HEAD' ? this.#head() : undefined
  }

  stream(chunks: ChunkSource, { id, signal }: StreamExtras): FastifyReply {
    const { reply, protocol, settings, streams } = this.#parts
    setHeaders(reply, protocol, id)
    const summary = this.#summary
    return reply.send(new EventStream({ chunks, reply, protocol, settings, signal, summary }, streams))
  }

  /** Sends chunks that had to be waited for. */
  streamLate(chunks: ChunkSource, extras: StreamExtras): void {
    if (!this.#isClosed && !this.#parts.streams.isClosing) {
      this.stream(chunks, extras)
      return
    }
    chunks.close()
    this.fail(new FST_SSE_CLOSING())
  }

  /** The client has had all, and must not come back (E6). */
  nothing(): FastifyReply {
    if (this.#isClosed) return this.#left()
    this.#summary.expect('skipped')
    return this.reply.code(204).send()
  }

  /** What had to be waited for has failed. */
  fail(error: unknown): void {
    if (this.#isClosed) {
      this.#left()
    } else if (this.#parts.protocol.reconnects === true && isTemporary(error)) {
      this.#later()
    } else {
      this.#summary.expect('error', toError(error))
      this.reply.send(error)
    }
  }

  /** The stream may be reached again later on. EventSource comes back after a 200 only. */
  #later(): void {
    setHeaders(this.reply, this.#parts.protocol)
    this.#summary.expect('closed')
    this.reply.code(200).send(formatRetry(reconnectDelay()))
  }

  #head(): FastifyReply {
    setHeaders(this.reply, this.#parts.protocol)
    this.#summary.expect('skipped')
    return this.reply.send(Readable.from([]))
  }

  #left(): FastifyReply {
    this.#summary.expect('aborted')
    return this.reply
  }

  get #isClosed(): boolean {
    return isClosed(this.reply.raw)
  }
}

function isTemporary(error: unknown): boolean {
  return error instanceof FST_SSE_STORE_UNAVAILABLE || error instanceof FST_SSE_CLOSING
}
