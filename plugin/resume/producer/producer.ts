import { AsyncResource } from 'node:async_hooks'
import type { FastifyReply } from 'fastify'
import { FST_SSE_CLOSING, FST_SSE_LOG_FULL, FST_SSE_PRODUCER_LOST, FST_SSE_STREAM_ABANDONED } from '../../errors.js'
import type { Chunk } from '../../framing/chunk.js'
import type { Codec } from '../../framing/codec.js'
import { logFailure, stopError } from '../../framing/failure.js'
import { RecordedChunks } from '../../framing/finish/recorded-chunks.js'
import type { FinishSettings } from '../../framing/finish/stream-finish.js'
import type { FrameOptions } from '../../framing/frame-encoder.js'
import { type ProviderKey, toSourceError } from '../../framing/key-refusal.js'
import { SourceChunks } from '../../framing/source-chunks.js'
import type { Slot } from '../../response/limits/slot.js'
import type { OpenStream, OpenStreams } from '../../response/open-streams.js'
import { abortOf } from '../../source/abort-of.js'
import { pull, type Sink } from '../../source/pull.js'
import type { SourceOptions } from '../../source/source.js'
import { SourceDeadlines, type SourceTimeouts, type TimedRun } from '../../source/source-deadlines.js'
import { isStop, StreamAbort } from '../../source/stream-abort.js'
import type { EventStore, LeaseStatus, LogEnd } from '../../stores/event-store.js'
import type { Deadline } from '../../util/deadlines.js'
import type { IdMap } from '../../util/id-map.js'
import { logError } from '../../util/log.js'
import { isPromiseLike } from '../../util/promise.js'
import { onAbort } from '../../util/shared-listener.js'
import { TimeSlice } from '../../util/time-slice.js'
import type { OnDemandProducer } from '../log/follower.js'
import { producerOf } from '../log/generation.js'
import { LiveLog, type LocalEnd, type StreamMeta } from '../log/live-log.js'
import type { OnDisconnect } from '../resumable-options.js'
import { type LeaseListener, StoreWriter } from './store-writer.js'
import { UnkeptLog } from './unkept-log.js'

/** What the producers of a node share. */
export interface ProducerContext {
  readonly store: EventStore
  readonly openStreams: OpenStreams
  /** The producers that run on this node, by the keys of their streams. */
  readonly producers: IdMap<Producer>
}

/** The options of a producer. */
export interface ProducerOptions extends FrameOptions, SourceOptions, SourceTimeouts, FinishSettings {
  /** Ends the stream for all clients when it is aborted. */
  readonly signal?: AbortSignal | undefined
  /** The size of the largest event on the wire, without its id. Bytes. */
  readonly maxEventBytes: number
  /** Whose key the provider is asked with (E1). */
  readonly providerKey: ProviderKey
}

/** The stream that a request creates. */
export interface StreamRequest {
  readonly id: string
  readonly meta: StreamMeta
  readonly onDisconnect: OnDisconnect
  readonly source: unknown
  readonly options: ProducerOptions
  readonly codec: Codec
  /** Takes the slot of the source. */
  readonly takeSlot: () => Slot | Promise<Slot>
}

/**
 * Runs the source of a resumable stream. It fills the log that clients follow, and has it written to the event store.
 *
 * It outlives the connection of the first client. It ends when the source ends, when it is stopped, or when no client
 * has followed it for the time that `onDisconnect` allows (R4).
 */
export class Producer implements OpenStream, OnDemandProducer, LeaseListener, Sink<Chunk>, TimedRun {
  slot?: number | undefined
  readonly log: LiveLog
  readonly #context: ProducerContext
  readonly #onDisconnect: OnDisconnect
  readonly #signal: AbortSignal | undefined
  readonly #providerKey: ProviderKey
  readonly #reply: FastifyReply
  readonly #chunks: SourceChunks
  readonly slice = new TimeSlice()
  readonly #deadlines: SourceDeadlines
  readonly #writer: StoreWriter
  /** The context of the request (S7). */
  readonly #scope = new AsyncResource('Producer')
  /** Due when no client has come back in time. */
  readonly #grace: Deadline = { onDeadline: () => void this.#abandon() }
  #forgetSignal: (() => void) | undefined
  readonly #takeSlot: StreamRequest['takeSlot']
  /** Held while the source runs, and before that while the id is claimed. */
  #slot: Slot | undefined
  /** Set when the store has no room for the log. */
  #unkept: UnkeptLog | undefined
  /** Whether chunks of the source are still taken. */
  isOpen = true
  #hasClaimedId = false
  #isStarted = false
  /** Whether the first client is still there, whose response then reports a failure. */
  #hasFirstClient = true
  /** The number of other nodes that follow it. */
  #followingNodes = 0
  #isAbandoning = false
  #error: Error | undefined

  /** @throws FST_SSE_EVENT_INVALID if the `event` of the options cannot be sent, and any error of a custom protocol */
  constructor(context: ProducerContext, request: StreamRequest, reply: FastifyReply) {
    const { id, meta, options } = request
    this.#context = context
    this.#onDisconnect = request.onDisconnect
    this.#takeSlot = request.takeSlot
    this.#signal = options.signal
    this.#providerKey = options.providerKey
    this.#reply = reply
    this.#chunks = this.#makeChunks(request)
    this.log = new LiveLog(id, meta, 1, () => this.#onFollowers())
    const { store, openStreams } = context
    this.#deadlines = new SourceDeadlines(this, options, openStreams.deadlines)
    this.#writer = new StoreWriter(
      this.log,
      store,
      producerOf(meta.generation, id),
      openStreams.deadlines,
      reply.log,
      this
    )
  }

  /**
   * Takes the slot of the source, before the id of the stream is claimed.
   *
   * @throws what the `takeSlot` of the request throws
   */
  async takeSlot(): Promise<undefined> {
    const slot = await this.#takeSlot()
    // The client may have left meanwhile.
    if (this.isOpen) this.#slot = slot
    else slot.release()
  }

  /** Claims the id of the stream. @returns `false` if the id is taken */
  async claimId(): Promise<boolean> {
    // A server that drains waits for it, since the source of a claimed stream runs in any case.
    this.#context.openStreams.add(this)
    this.#hasClaimedId = await this.#writer.claimId()
    if (!this.#hasClaimedId) this.#unregister()
    else if (this.isOpen) this.#context.producers.set(this.log.meta.key, this)
    return this.#hasClaimedId
  }

  /**
   * Starts the source. It does not wait for the event store, and neither does the first event.
   *
   * @throws what the `takeSlot` of the request throws; if that gives a promise, the result rejects with it
   */
  start(): Promise<void> | void {
    if (this.#slot !== undefined) return this.#start()
    const slot = this.#takeSlot()
    return isPromiseLike(slot) ? this.#startLate(slot) : this.#startWith(slot)
  }

  async #startLate(slot: Promise<Slot>): Promise<void> {
    this.#startWith(await slot)
  }

  #startWith(slot: Slot): void {
    this.#slot = slot
    // The client may have left meanwhile.
    if (this.isOpen) this.#start()
    else slot.release()
  }

  #start(): void {
    this.#isStarted = true
    if (!this.#hasClaimedId) {
      this.#context.openStreams.add(this)
      this.#context.producers.set(this.log.meta.key, this)
      void this.#writer.claimId()
    }
    const signal = this.#signal
    if (signal !== undefined) {
      this.#forgetSignal = onAbort(signal, () => this.#stopBySignal(signal))
    }
    if (signal?.aborted) this.#stopBySignal(signal)
    else void this.#produce()
  }

  onFirstClientLeft(sawFailure: boolean): void {
    this.#hasFirstClient = false
    if (this.#error !== undefined && !sawFailure) this.#report(this.#error)
    if (this.#isStarted || !this.isOpen) return
    // Nobody else knows of a stream that was not claimed, so its source never starts (S3).
    if (this.#hasClaimedId) void this.#startAlone()
    else this.#abort(new StreamAbort('left'))
  }

  /** Ends the stream on request, which is not an error (E5). */
  stop(abort = new StreamAbort('stopped')): void {
    if (!this.isOpen) return
    this.#abort(abort)
    this.#reply.log.info({ outcome: 'stopped' }, 'stream stopped')
    const frame = this.#scope.runInAsyncScope(this.#chunks.encodeStopped, this.#chunks)
    this.#end({ frame, lost: false, isStopped: true })
  }

  /** Ends the stream because the server closes (V2). */
  close(): void {
    this.#fail(new FST_SSE_CLOSING(), new StreamAbort('closing'))
    this.#writer.stopRetrying()
  }

  /** Called when the log may have changed in the event store. */
  notify(): void {
    // The end of a log also notifies its own producer.
    if (!this.isOpen) return
    this.#writer.flush()
    void this.#writer.renew()
  }

  onLease({ stop, followers }: LeaseStatus): void {
    this.#followingNodes = followers
    if (stop) this.stop()
    else this.#onFollowers()
  }

  onCutOff(): void {
    this.#followingNodes = 0
    this.#onFollowers()
  }

  onFenced(): void {
    this.#fail(new FST_SSE_PRODUCER_LOST(), new StreamAbort('fenced'))
  }

  onStoreFull(): void {
    this.#unkept ??= new UnkeptLog(this.log)
  }

  /** The source does not wait for slow clients, which read from the log, unless no store keeps that. */
  room(): Promise<void> | undefined {
    return this.#unkept?.room()
  }

  take({ text, isDispatched }: Chunk): void {
    if (text === '') return
    this.#append(text, isDispatched)
    // The first event is sent only when the source yields to the event loop (S5).
    if (this.log.last > 1) return
    this.slice.cut()
    this.#deadlines.begin()
  }

  onTimeout(error: Error): void {
    this.#fail(error)
  }

  async #produce(): Promise<void> {
    this.#deadlines.start()
    try {
      const last = await pull(this.#chunks, this, this.slice)
      if (last !== undefined) this.#complete(last)
    } catch (error) {
      if (this.isOpen) this.#fail(toSourceError(error, this.#providerKey))
      else logError(this.#reply.log, 'debug', error, 'the source of an ended stream failed')
    }
  }

  #makeChunks({ id, source, options, codec }: StreamRequest): SourceChunks {
    const { maxEventBytes, onFinish, drainForUsage } = options
    if (onFinish === undefined) return new SourceChunks(source, this.#reply, options, maxEventBytes, codec, undefined)
    const frames = { isTruncated: false, add() {}, frames: () => this.log.after(0, this.log.last) }
    const recording = { onFinish, drainForUsage, tracker: this.#context.openStreams, frames, streamId: id }
    return new RecordedChunks(source, this.#reply, options, maxEventBytes, codec, undefined, recording)
  }

  #complete({ text: frame }: Chunk): void {
    this.#chunks.close()
    this.#end({ frame, lost: false })
  }

  #append(frame: string, isDispatched: boolean): void {
    if (this.#unkept !== undefined) {
      this.log.append(frame, isDispatched)
      return
    }
    const { maxEvents, maxBytes } = this.#context.store
    if (this.log.last >= maxEvents) throw new FST_SSE_LOG_FULL(`maxEvents (${maxEvents})`)
    try {
      this.log.append(frame, isDispatched)
    } catch (error) {
      // The store has found no room for it while it grew.
      this.#writer.giveUp(error)
      this.log.append(frame, isDispatched)
    }
    if (this.log.isLarger(maxBytes)) throw new FST_SSE_LOG_FULL(`maxBytes (${maxBytes})`)
  }

  /** Ends because the `signal` of its options was aborted: as stopped (E5) if that says so, otherwise with an error. */
  #stopBySignal(signal: AbortSignal): void {
    const reason: unknown = signal.reason
    if (isStop(reason)) this.stop(reason)
    else this.#fail(stopError(signal), new StreamAbort('stopped', { cause: reason }))
  }

  #failAbandoned(): void {
    this.#fail(new FST_SSE_STREAM_ABANDONED(), new StreamAbort('abandoned'))
  }

  /** Ends the stream with an error. @param abort why the source is ended (S8) */
  #fail(error: Error, abort: StreamAbort = abortOf(error)): void {
    if (!this.isOpen) return
    this.#error = error
    this.#abort(abort, error)
    if (!this.#hasFirstClient) this.#report(error)
    const frame = this.#scope.runInAsyncScope(this.#chunks.encodeErrorAlways, this.#chunks, error)
    this.#end({ frame, lost: false, error })
  }

  /** Logs an error that the response of the first client does not report. */
  #report(error: Error): void {
    const { log } = this.#reply
    if (error instanceof FST_SSE_CLOSING) {
      log.info('the server has closed before the stream was complete')
    } else if (error instanceof FST_SSE_STREAM_ABANDONED) {
      // Clients that leave are no error (E5), so there is no stack trace.
      const { code, message } = error
      log.info({ outcome: 'aborted', err: { code, message } }, 'the last client left, and none came back in time')
    } else {
      logFailure(log, error)
    }
  }

  /** Cancels the source (S2). */
  #abort(abort: StreamAbort, error?: Error): void {
    this.isOpen = false
    this.#slot?.release()
    this.#chunks.close(abort, error)
  }

  #end(end: LogEnd & LocalEnd): void {
    this.isOpen = false
    this.#forgetSignal?.()
    this.#deadlines.stop()
    this.#slot?.release()
    this.#context.openStreams.deadlines.clear(this.#grace)
    this.log.finish(end)
    this.#writer.flush()
    void this.#writer.over().then(() => this.#unregister())
  }

  #unregister(): void {
    const { producers, openStreams } = this.#context
    const { key } = this.log.meta
    // Another producer may have the id.
    if (producers.get(key) === this) producers.delete(key)
    openStreams.delete(this)
  }

  /**
   * Goes on without the client that began the stream, as if that had left a moment later (R4): others may wait for the
   * stream, and its id is taken.
   */
  async #startAlone(): Promise<void> {
    if (this.#onDisconnect === 'abort') await this.#abandon()
    if (!this.isOpen) return
    this.start()
    this.#onFollowers()
  }

  #onFollowers(): void {
    if (!this.isOpen || !this.#isStarted || this.#onDisconnect === 'continue') return
    const { deadlines } = this.#context.openStreams
    if (this.#isFollowed) deadlines.clear(this.#grace)
    else if (this.#onDisconnect === 'abort') void this.#abandon()
    else if (!deadlines.has(this.#grace)) deadlines.set(this.#grace, this.#onDisconnect.grace)
  }

  /** Ends the stream, unless another node follows it by now. */
  async #abandon(): Promise<void> {
    if (this.#isAbandoning) return
    this.#isAbandoning = true
    await this.#writer.renew()
    this.#isAbandoning = false
    if (!this.#isFollowed) this.#failAbandoned()
  }

  /** Whether a client follows it, on any node. */
  get #isFollowed(): boolean {
    return this.log.followers + this.#followingNodes > 0
  }
}
