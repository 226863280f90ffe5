import { AsyncResource } from 'node:async_hooks'
import type { FastifyReply } from 'fastify'
import {
  FST_SSE_CLOSING,
  FST_SSE_LOG_FULL,
  FST_SSE_PRODUCER_LOST,
  FST_SSE_STREAM_ABANDONED,
  FST_SSE_STREAM_STOPPED
} from '../errors.js'
import type { Chunk } from '../framing/chunk.js'
import type { Codec } from '../framing/codec.js'
import { logFailure, stopError, toError } from '../framing/failure.js'
import type { FrameOptions } from '../framing/frame-encoder.js'
import { SourceChunks } from '../framing/source-chunks.js'
import type { OpenStream, OpenStreams } from '../response/open-streams.js'
import { pull, type Sink } from '../source/pull.js'
import type { SourceOptions } from '../source/source.js'
import type { EventStore, LeaseStatus } from '../stores/event-store.js'
import type { Deadline } from '../util/deadlines.js'
import type { IdMap } from '../util/id-map.js'
import { logError } from '../util/log.js'
import { onAbort } from '../util/shared-listener.js'
import { TimeSlice } from '../util/time-slice.js'
import type { FirstClientListener } from './follower.js'
import { LiveLog, type StreamMeta } from './live-log.js'
import type { OnDisconnect } from './resumable-options.js'
import { StoreWriter, type StoreWriterListener } from './store-writer.js'

/** What the producers of a node share. */
export interface ProducerContext {
  readonly store: EventStore
  readonly openStreams: OpenStreams
  /** A name that no other producer has. */
  newProducerId(): string
  /** Those that run here, by the ids of their streams. */
  readonly producers: IdMap<Producer>
}

/** What a stream says itself of how it is made. */
export interface ProducerOptions extends FrameOptions, SourceOptions {
  /** Ends the stream for all who follow it when it is aborted. */
  readonly signal?: AbortSignal | undefined
  /** The largest event, as it is on the wire. Bytes. */
  readonly maxEventBytes: number
}

/** What the request asks for whose stream this is. */
export interface StreamRequest {
  readonly id: string
  readonly meta: StreamMeta
  readonly onDisconnect: OnDisconnect
  readonly source: unknown
  readonly options: ProducerOptions
  readonly codec: Codec
}

/**
 * One run of a source that outlives the connection of the client that asked for it: fills the log that clients follow,
 * has it written to the store, and ends when the source does, when it is stopped, or when nobody has followed it for long enough.
 */
export class Producer implements OpenStream, FirstClientListener, StoreWriterListener, Sink<Chunk> {
  slot?: number | undefined
  readonly log: LiveLog
  readonly #context: ProducerContext
  readonly #onDisconnect: OnDisconnect
  readonly #signal: AbortSignal | undefined
  readonly #reply: FastifyReply
  readonly #chunks: SourceChunks
  readonly #slice = new TimeSlice()
  readonly #writer: StoreWriter
  /** The context of the request (S7). */
  readonly #scope = new AsyncResource('Generation')
  /** Due when nobody has come back in time. */
  readonly #grace: Deadline = { onDeadline: () => void this.#abandon() }
  #forgetSignal: (() => void) | undefined
  /** Whether the source may still give items. */
  isOpen = true
  #isClaimed = false
  #isStarted = false
  /** Whether the client that asked for it is there, to be told of a failure. */
  #isAttended = true
  /** How many other nodes follow it. */
  #elsewhere = 0
  #isAbandoning = false
  #error: Error | undefined

  /** @throws FST_SSE_EVENT_INVALID where the name in the options cannot be sent */
  constructor(context: ProducerContext, request: StreamRequest, reply: FastifyReply) {
    const { id, meta, options, source, codec } = request
    this.#context = context
    this.#onDisconnect = request.onDisconnect
    this.#signal = options.signal
    this.#reply = reply
    this.#chunks = new SourceChunks(source, reply, options, options.maxEventBytes, codec, undefined)
    this.log = new LiveLog(id, meta, 1, () => this.#onFollowers())
    const { store, openStreams } = context
    this.#writer = new StoreWriter(this.log, store, context.newProducerId(), openStreams.deadlines, reply.log, this)
  }

  /** Takes the id. @returns `false` where there is a stream of that id already */
  claim(): Promise<boolean> {
    this.#isClaimed = true
    return this.#writer.claim()
  }

  /** Starts the source, and resolves when other nodes find the stream: a client may lose its connection after the first event. */
  async start(): Promise<void> {
    this.#isStarted = true
    this.#context.openStreams.add(this)
    this.#context.producers.set(this.log.id, this)
    const claimed = this.claim()
    const signal = this.#signal
    if (signal !== undefined) {
      this.#forgetSignal = onAbort(signal, () => this.#fail(stopError(signal)))
    }
    if (signal?.aborted) this.#fail(stopError(signal))
    else void this.#produce()
    await claimed
  }

  left(told: boolean): void {
    this.#isAttended = false
    if (this.#error !== undefined && !told) this.#report(this.#error)
    // It would start at the first read.
    if (this.#isStarted) return
    if (this.#isClaimed) this.#fail(new FST_SSE_STREAM_ABANDONED())
    else this.#abort()
  }

  /** Ends it on request. */
  stop(): void {
    this.#fail(new FST_SSE_STREAM_STOPPED())
  }

  /** Ends it because its server closes (V2). */
  close(): void {
    this.#fail(new FST_SSE_CLOSING())
    this.#writer.hurry()
  }

  /** Something about it has changed in the store. */
  notify(): void {
    // A log that ends notifies its own producer too.
    if (!this.isOpen) return
    this.#writer.urge()
    void this.#writer.renew()
  }

  onLease({ stop, followers }: LeaseStatus): void {
    this.#elsewhere = followers
    if (stop) this.stop()
    else this.#onFollowers()
  }

  onFenced(): void {
    this.#fail(new FST_SSE_PRODUCER_LOST())
  }

  /** A source that outlives its client waits for none. */
  room(): undefined {
    return undefined
  }

  take({ text, isDispatched }: Chunk): void {
    if (text === '') return
    this.#append(text, isDispatched)
    // The first is on its way only when the source lets others go on (S5).
    if (this.log.last === 1) this.#slice.cut()
  }

  async #produce(): Promise<void> {
    try {
      const last = await pull(this.#chunks, this, this.#slice)
      if (last !== undefined) this.#end({ frame: last.text, lost: false })
    } catch (error) {
      if (this.isOpen) this.#fail(toError(error))
      else logError(this.#reply.log, 'debug', error, 'the source of an ended stream failed')
    }
  }

  #append(frame: string, isDispatched: boolean): void {
    const { maxEvents, maxBytes } = this.#context.store
    if (this.log.last >= maxEvents) throw new FST_SSE_LOG_FULL(`maxEvents (${maxEvents})`)
    this.log.append(frame, isDispatched)
    if (this.log.isLarger(maxBytes)) throw new FST_SSE_LOG_FULL(`maxBytes (${maxBytes})`)
  }

  #fail(error: Error): void {
    if (!this.isOpen) return
    this.#error = error
    this.#abort()
    if (!this.#isAttended) this.#report(error)
    const frame = this.#scope.runInAsyncScope(this.#chunks.encodeErrorAtAnyRate, this.#chunks, error)
    this.#end({ frame, lost: false, error })
  }

  /** The client that asked for it has not been told, or has left. */
  #report(error: Error): void {
    if (error instanceof FST_SSE_CLOSING) this.#reply.log.info('the server has closed before the stream was complete')
    else logFailure(this.#reply.log, error)
  }

  /** Cancels the source (S2). */
  #abort(): void {
    this.isOpen = false
    this.#chunks.close()
  }

  #end(end: { frame: string; lost: false; error?: Error }): void {
    this.isOpen = false
    this.#forgetSignal?.()
    this.#context.openStreams.deadlines.clear(this.#grace)
    this.log.finish(end)
    this.#writer.urge()
    void this.#writer.over().then(() => {
      this.#context.producers.delete(this.log.id)
      this.#context.openStreams.delete(this)
    })
  }

  #onFollowers(): void {
    if (!this.isOpen || !this.#isStarted || this.#onDisconnect === 'continue') return
    const { deadlines } = this.#context.openStreams
    if (this.log.followers + this.#elsewhere > 0) deadlines.clear(this.#grace)
    else if (this.#onDisconnect === 'abort') void this.#abandon()
    else if (!deadlines.has(this.#grace)) deadlines.set(this.#grace, this.#onDisconnect.grace)
  }

  /** Ends it, unless other nodes know better. */
  async #abandon(): Promise<void> {
    if (this.#isAbandoning) return
    this.#isAbandoning = true
    await this.#writer.renew()
    this.#isAbandoning = false
    if (this.log.followers + this.#elsewhere === 0) this.#fail(new FST_SSE_STREAM_ABANDONED())
  }
}
