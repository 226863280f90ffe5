import { AsyncResource } from 'node:async_hooks'
import type { FastifyReply } from 'fastify'
import {
  FST_SSE_CLOSING,
  FST_SSE_LOG_FULL,
  FST_SSE_PRODUCER_LOST,
  FST_SSE_STREAM_ABANDONED,
  FST_SSE_STREAM_STOPPED
} from '../errors.js'
import { logFailure, stopError, toError } from '../framing/failure.js'
import { type Codec, FrameEncoder } from '../framing/frame-encoder.js'
import type { StreamOptions } from '../options.js'
import type { OpenStream, OpenStreams } from '../response/open-streams.js'
import { pull } from '../source/pull.js'
import { SourceRun } from '../source/source-run.js'
import type { EventStore, LeaseStatus } from '../stores/event-store.js'
import type { Deadline, Place } from '../util/deadlines.js'
import type { IdMap } from '../util/id-map.js'
import { onAbort } from '../util/shared-listener.js'
import type { FirstClientListener } from './follower.js'
import { LiveLog, type StreamMeta } from './live-log.js'
import type { OnDisconnect } from './resumable-options.js'
import { StoreWriter, type StoreWriterListener } from './store-writer.js'

/** What the generations of a node share. */
export interface ProducerContext {
  readonly store: EventStore
  readonly streams: OpenStreams
  /** A name that no other producer has. */
  newProducerId(): string
  /** Those that run here, by the ids of their streams. */
  readonly producers: IdMap<Producer>
}

/** What the request asks for whose stream this is. */
export interface StreamRequest {
  readonly id: string
  readonly meta: StreamMeta
  readonly onDisconnect: OnDisconnect
  readonly source: unknown
  readonly options: StreamOptions
  /** Bytes. */
  readonly maxEventBytes: number
  readonly codec: Codec
}

/**
 * One run of a source that outlives the connection of the client that asked for it: fills the log that clients follow,
 * has it recorded, and ends when the source does, when it is stopped, or when nobody has followed it for long enough.
 */
export class Producer implements OpenStream, Deadline, FirstClientListener, StoreWriterListener {
  slot?: number | undefined
  place?: Place | undefined
  readonly log: LiveLog
  readonly #context: ProducerContext
  readonly #onDisconnect: OnDisconnect
  readonly #signal: AbortSignal | undefined
  readonly #reply: FastifyReply
  readonly #run: SourceRun
  readonly #frames: FrameEncoder
  readonly #writer: StoreWriter
  /** The context of the request (S7). */
  readonly #scope = new AsyncResource('Generation')
  #forgetSignal: (() => void) | undefined
  #live = true
  #isClaimed = false
  #started = false
  /** Whether the client that asked for it is there, to be told of a failure. */
  #attended = true
  /** How many other nodes follow it. */
  #elsewhere = 0
  #isAbandoning = false
  #error: Error | undefined

  /** @throws FST_SSE_EVENT_INVALID where the name in the options cannot be sent */
  constructor(workshop: ProducerContext, order: StreamRequest, reply: FastifyReply) {
    const { id, meta, options } = order
    this.#context = workshop
    this.#onDisconnect = order.onDisconnect
    this.#signal = options.signal
    this.#reply = reply
    this.#frames = new FrameEncoder(options, order.maxEventBytes, order.codec, undefined)
    this.#run = new SourceRun(order.source, reply, options.isComplete)
    this.log = new LiveLog(id, meta, 1, () => this.#onFollowers())
    const { store, streams } = workshop
    this.#writer = new StoreWriter(this.log, store, workshop.newProducerId(), streams.deadlines, reply.log, this)
  }

  /** Takes the id. @returns `false` where there is a stream of that id already */
  claim(): Promise<boolean> {
    this.#isClaimed = true
    return this.#writer.claim()
  }

  /** Starts the source, and resolves when other nodes find the stream: a client may lose its connection after the first event. */
  async start(): Promise<void> {
    this.#started = true
    this.#context.streams.add(this)
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
    this.#attended = false
    if (this.#error !== undefined && !told) this.#report(this.#error)
    // It would start at the first read.
    if (this.#started) return
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
    // To end the log is to be rung for.
    if (!this.#live) return
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

  /** Nobody has come back in time. */
  onDeadline(): void {
    void this.#abandon()
  }

  async #produce(): Promise<void> {
    try {
      const result = await pull(
        this.#run,
        () => this.#live,
        (item, turn) => {
          const frame = this.#frames.item(item)
          if (!this.#live || frame === '') return
          this.#append(frame, this.#frames.isDispatched)
          // The first is on its way only when the source lets others go on (S5).
          if (this.log.last === 1) turn.cut()
        }
      )
      if (result !== undefined) this.#complete(result.returned)
    } catch (error) {
      if (this.#live) this.#fail(toError(error))
      else this.#run.ignore(error)
    }
  }

  #append(frame: string, isDispatched: boolean): void {
    const { maxEvents, maxBytes } = this.#context.store
    if (this.log.last >= maxEvents) throw new FST_SSE_LOG_FULL(`maxEvents (${maxEvents})`)
    this.log.append(frame, isDispatched)
    if (this.log.isLarger(maxBytes)) throw new FST_SSE_LOG_FULL(`maxBytes (${maxBytes})`)
  }

  /** E3 */
  #complete(returned: unknown): void {
    const rest = this.#frames.rest()
    if (rest !== '') this.#append(rest, true)
    const frame = this.#frames.end(returned)
    if (this.#live) this.#end({ frame, lost: false })
  }

  #fail(error: Error): void {
    if (!this.#live) return
    this.#error = error
    this.#abort()
    if (!this.#attended) this.#report(error)
    // What follows must not look like a whole answer, also where the route declares an error event of its own.
    const frame =
      this.#scope.runInAsyncScope(this.#frames.error, this.#frames, error, this.#reply.log) ??
      this.#frames.lastResort(error)
    this.#end({ frame, lost: false, error })
  }

  /** The client that asked for it has not been told, or has left. */
  #report(error: Error): void {
    if (error instanceof FST_SSE_CLOSING) this.#reply.log.info('the server has closed before the stream was complete')
    else logFailure(this.#reply.log, error)
  }

  /** Cancels the source (S2). */
  #abort(): void {
    this.#live = false
    this.#run.cancel()
  }

  #end(end: { frame: string; lost: false; error?: Error }): void {
    this.#live = false
    this.#forgetSignal?.()
    this.#context.streams.deadlines.clear(this)
    this.log.finish(end)
    this.#writer.urge()
    void this.#writer.over().then(() => {
      this.#context.producers.delete(this.log.id)
      this.#context.streams.delete(this)
    })
  }

  #onFollowers(): void {
    if (!this.#live || !this.#started || this.#onDisconnect === 'continue') return
    const { deadlines } = this.#context.streams
    if (this.log.followers + this.#elsewhere > 0) deadlines.clear(this)
    else if (this.#onDisconnect === 'abort') void this.#abandon()
    else if (!deadlines.has(this)) deadlines.set(this, this.#onDisconnect.grace)
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
