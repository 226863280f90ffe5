import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { FST_SSE_CLOSING, FST_SSE_STORE_UNAVAILABLE } from '../errors.js'
import type { ChunkSource } from '../framing/chunk-source.js'
import type { Protocol } from '../framing/protocols/protocol.js'
import { protocolOf, reconnects } from '../framing/protocols/protocols.js'
import { type Settings, type StreamOptions, streamSettings } from '../options.js'
import { formatRetry } from '../sse/event.js'
import { reconnectDelay } from '../util/reconnect-delay.js'
import { EventStream } from './event-stream.js'
import { setHeaders } from './headers.js'
import type { OpenStreams } from './open-streams.js'
import { isClosed } from './raw-response.js'
import { report, type StreamSummary, Tally } from './summary.js'

/** One response, and the ways in which it can come to be. */
export class Responder {
  readonly reply: FastifyReply
  readonly options: StreamOptions
  readonly settings: Settings
  /** `undefined` for the plugin's own events. */
  readonly protocol: Protocol | undefined
  readonly #streams: OpenStreams

  constructor(reply: FastifyReply, options: StreamOptions, streams: OpenStreams) {
    this.reply = reply
    this.options = options
    this.settings = streamSettings(streams.settings, options)
    this.protocol = protocolOf(options.protocol)
    this.#streams = streams
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

  /** @param id of a resumable stream */
  stream(feed: ChunkSource, id?: string): FastifyReply {
    setHeaders(this.reply, this.protocol, id)
    return this.reply.send(new EventStream(feed, this.reply, this.options, this.settings, this.#streams))
  }

  /** Sends a feed that had to be waited for. */
  streamLate(feed: ChunkSource, id: string): void {
    if (!this.#isClosed && !this.#streams.isClosing) {
      this.stream(feed, id)
      return
    }
    feed.cancel()
    this.fail(new FST_SSE_CLOSING())
  }

  /** The client has had all, and is not to come back (E6). */
  nothing(): FastifyReply {
    if (this.#isClosed) return this.#left()
    this.#skip('skipped')
    return this.reply.code(204).send()
  }

  /** What had to be waited for has failed. */
  fail(error: unknown): void {
    if (this.#isClosed) {
      this.#left()
    } else if (reconnects(this.protocol) && isTemporary(error)) {
      this.#later()
    } else {
      this.#skip('skipped')
      this.reply.send(error)
    }
  }

  /** The stream may be reached again later on. EventSource comes back after a 200 only. */
  #later(): void {
    setHeaders(this.reply, this.protocol)
    this.#skip('closed')
    this.reply.code(200).send(formatRetry(reconnectDelay()))
  }

  #head(): FastifyReply {
    setHeaders(this.reply, this.protocol)
    this.#skip('skipped')
    return this.reply.send(Readable.from([]))
  }

  #left(): FastifyReply {
    this.reply.log.info({ outcome: 'aborted' }, 'client left')
    this.#skip('aborted')
    return this.reply
  }

  get #isClosed(): boolean {
    return isClosed(this.reply.raw)
  }

  #skip(outcome: StreamSummary['outcome']): void {
    report(this.options.onClose, new Tally().summary(outcome, this.reply.statusCode, undefined), this.reply.log)
  }
}

function isTemporary(error: unknown): boolean {
  return error instanceof FST_SSE_STORE_UNAVAILABLE || error instanceof FST_SSE_CLOSING
}
