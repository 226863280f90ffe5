import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  FST_SSE_ID_INVALID,
  FST_SSE_OPTION_INVALID,
  FST_SSE_POSITION_GONE,
  FST_SSE_STREAM_GONE,
  FST_SSE_STREAM_NOT_FOUND
} from '../errors.js'
import { toError } from '../framing/failure.js'
import type { FrameOptions } from '../framing/frame-encoder.js'
import { protocolNameOf, protocolOf } from '../framing/protocols/protocols.js'
import type { TakeSlot } from '../response/limits/slot.js'
import { isClosed, ownTurn } from '../response/raw-response.js'
import type { Responder } from '../response/responder.js'
import { closingError, whileOpen } from '../response/while-open.js'
import { END_ID, lastEventIdOf } from '../sse/last-event-id.js'
import { isPromiseLike } from '../util/promise.js'
import { type EventId, isStreamId, parseEventId } from './log/event-id.js'
import { Follower } from './log/follower.js'
import type { LiveLog } from './log/live-log.js'
import { type OwnerOptions, ownerOf } from './owner.js'
import { newProducer } from './producer/new-producer.js'
import type { Producer } from './producer/producer.js'
import type { ProducerSource } from './producer/stream-request.js'
import type { ResumableOptions } from './resumable-options.js'
import type { Access, ResumableStreams } from './resumable-streams.js'

/** The default of `onDisconnect.grace`. Milliseconds. */
const DEFAULT_GRACE = 30_000

/** The number of the last event that a client has, of whichever generation if that is not known. */
type Position = Pick<EventId, 'sequence'> & Partial<EventId>

/** Answers one request with a resumable stream. */
export class ResumableResponse {
  readonly #responder: Responder
  readonly #streams: ResumableStreams
  readonly #takeSlot: TakeSlot
  readonly #protocol: FrameOptions['protocol']
  /** Ends a response that resumes a stream, but not the stream itself. */
  readonly #signal: AbortSignal | undefined

  constructor(
    responder: Responder,
    streams: ResumableStreams,
    takeSlot: TakeSlot,
    protocol: FrameOptions['protocol'],
    signal: AbortSignal | undefined
  ) {
    this.#responder = responder
    this.#streams = streams
    this.#takeSlot = takeSlot
    this.#protocol = protocol
    this.#signal = signal
  }

  /**
   * Answers with the rest of a stream if the client reconnects, otherwise with a new stream.
   *
   * @throws FST_SSE_OPTION_INVALID if the source is not a function, FST_SSE_ID_INVALID if the `Last-Event-ID` is
   *   malformed or belongs to another stream, FST_SSE_OWNER_INVALID, FST_SSE_CLOSING, and any error of `owner`. If
   *   `owner` gives a promise, they are answered instead.
   */
  begin(source: ProducerSource, resumable: ResumableOptions): FastifyReply {
    if (typeof source.source !== 'function') {
      throw new FST_SSE_OPTION_INVALID('resumable', 'takes a function as the source, called only for new streams')
    }
    return this.#asOwner(resumable, access => this.#begin(source, resumable, access))
  }

  /**
   * Answers with an existing stream, from its start or after the `Last-Event-ID` of the request.
   *
   * @param after the number of the last event that the client has, instead of the `Last-Event-ID`
   * @throws FST_SSE_ID_INVALID if the id or the `Last-Event-ID` is malformed, or they name different streams;
   *   FST_SSE_OWNER_INVALID, and any error of `owner`. If `owner` gives a promise, they are answered instead.
   */
  follow(id: string, options: OwnerOptions, after: number | undefined): FastifyReply {
    return this.#asOwner(options, access => this.#follow(id, access, after))
  }

  /** Answers once the owner of the request is known. Nothing else is looked at before (R3). */
  #asOwner(options: OwnerOptions, answer: (access: Access) => FastifyReply): FastifyReply {
    const { reply } = this.#responder
    const answerTo = (owner: string | undefined) => answer(this.#streams.accessOf(owner, options.owner !== undefined))
    const owner = ownerOf(reply.request, options)
    if (!isPromiseLike(owner)) return answerTo(owner)
    void this.#answerLate(owner, answerTo)
    return reply
  }

  async #answerLate(
    promise: Promise<string | undefined>,
    answerTo: (owner: string | undefined) => FastifyReply
  ): Promise<void> {
    const responder = this.#responder
    try {
      const owner = await whileOpen(promise, responder.reply, this.#streams.openStreams)
      if (owner === undefined) responder.left()
      else answerTo(owner.value)
    } catch (error) {
      responder.fail(error)
    }
  }

  #begin(source: ProducerSource, resumable: ResumableOptions, access: Access): FastifyReply {
    const { reply, settings } = this.#responder
    const position = positionOf(reply.request, resumable.id)
    const early = this.#responder.early(position?.isEnd === true)
    if (early !== undefined) return early
    if (position !== undefined) {
      void this.#resume(position.stream, position, access)
      return reply
    }
    if (this.#streams.openStreams.isClosing) return this.#responder.refuse()
    const { id, onDisconnect = { grace: DEFAULT_GRACE } } = resumable
    const { owner } = access
    const producer = newProducer(this.#streams, this.#takeSlot, reply, source, id, onDisconnect, owner)
    const follower = new Follower(producer.log, 0, settings.highWaterMark, reply.log, this.#protocol, producer)
    if (id === undefined) return this.#responder.stream(follower, { id: producer.log.id })
    void this.#claimOrResume(producer, follower, access)
    return reply
  }

  #follow(id: string, access: Access, after: number | undefined): FastifyReply {
    const { reply } = this.#responder
    if (!isStreamId(id)) throw new FST_SSE_ID_INVALID('stream id')
    const position: Position | undefined = after === undefined ? positionOf(reply.request, id) : { sequence: after }
    const early = this.#responder.early(position?.isEnd === true)
    if (early !== undefined) return early
    const isNothing = protocolOf(this.#protocol).resumesNothing === true
    void this.#resume(id, position, access, isNothing ? isMissing : undefined)
    return reply
  }

  /** Answers with the stream that has an id chosen by the caller: an existing one, or else a new one. */
  async #claimOrResume(producer: Producer, follower: Follower, access: Access): Promise<void> {
    const { id } = producer.log
    const { raw } = this.#responder.reply
    await ownTurn(raw)
    if (isClosed(raw)) {
      follower.close()
      this.#responder.left()
      return
    }
    const refusal = await this.#slotFor(producer).catch(toError)
    // The client may have left, or the server may have begun to close.
    if (isClosed(raw)) {
      follower.close()
      this.#responder.left()
    } else if (this.#streams.openStreams.isClosing) {
      follower.close()
      this.#responder.fail(closingError())
    } else if (refusal === undefined && (await this.#streams.claim(producer))) {
      this.#responder.streamLate(follower, { id }, producer.isOpen)
    } else {
      follower.close()
      await this.#resume(id, undefined, access, undefined, refusal)
    }
  }

  /** Takes the slot of a source. When this resolves, the client may have left. */
  async #slotFor(producer: Producer): Promise<undefined> {
    const taken = producer.takeSlot()
    if (taken !== undefined) await whileOpen(taken, this.#responder.reply, this.#streams.openStreams)
  }

  /**
   * @param position the last event that the client has; `undefined` for none
   * @param isNothing whether an error says that there is nothing to resume, which is no error to the client
   * @param refusal why there is no new stream, which a client is told that finds none
   */
  async #resume(
    id: string,
    position: Position | undefined,
    access: Access,
    isNothing?: (error: unknown) => boolean,
    refusal?: Error
  ): Promise<void> {
    const { reply, settings } = this.#responder
    const after = position?.sequence ?? 0
    try {
      const follower = await this.#streams.find(id, position?.generation, access, log => {
        this.#checkProtocol(log)
        if (hasAll(log, after)) return undefined
        return new Follower(log, after, settings.highWaterMark, reply.log, this.#protocol)
      })
      if (follower === undefined) this.#responder.nothing()
      else this.#responder.streamLate(follower, { id, signal: this.#signal, after })
    } catch (error) {
      if (isNothing?.(error)) this.#responder.nothing()
      else this.#responder.fail(isMissing(error) && refusal !== undefined ? refusal : error)
    }
  }

  /**
   * Refuses a stream with another protocol than the client expects.
   *
   * @throws FST_SSE_STREAM_GONE
   */
  #checkProtocol({ id, meta: { protocol } }: LiveLog): void {
    const asked = protocolNameOf(this.#protocol)
    if (protocol === asked) return
    const details = { streamId: id, protocol, asked }
    this.#responder.reply.log.warn(details, 'a stream was requested in another protocol than its own')
    throw new FST_SSE_STREAM_GONE()
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof FST_SSE_STREAM_GONE || error instanceof FST_SSE_STREAM_NOT_FOUND
}

/**
 * Whether a client has the whole answer of a stream: all events of one that ended without a last event, or the last
 * event, which it then names by its number.
 *
 * @param after the number of the last event that the client has; 0 for none
 * @throws FST_SSE_POSITION_GONE if the log no longer has the next event, or the stream ended before this position
 */
function hasAll({ first, last, lastDispatched, end }: LiveLog, after: number): boolean {
  const isWhole = end?.frame !== undefined && !end.lost
  if (isWhole && end.frame !== '' && after === last + 1) return true
  if (after < first - 1 || (isWhole && after > last)) throw new FST_SSE_POSITION_GONE()
  return end?.frame === '' && after >= lastDispatched
}

/**
 * The position of a client that reconnects; `undefined` without a `Last-Event-ID`.
 *
 * @param id the id of the stream, if the caller chose it
 * @throws FST_SSE_ID_INVALID if the `Last-Event-ID` is malformed or belongs to another stream
 */
function positionOf(request: FastifyRequest, id: string | undefined): EventId | undefined {
  const lastEventId = lastEventIdOf(request)
  if (lastEventId === undefined) return undefined
  if (lastEventId === END_ID) return { stream: '', generation: '', sequence: 0, isEnd: true }
  const position = parseEventId(lastEventId)
  if (position === undefined || (id !== undefined && position.stream !== id)) {
    throw new FST_SSE_ID_INVALID('Last-Event-ID')
  }
  return position
}
