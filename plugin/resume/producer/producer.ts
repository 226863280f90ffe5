import { AsyncResource } from 'node:async_hooks'
import type { FastifyReply } from 'fastify'
import { FST_SSE_CLOSING, FST_SSE_PRODUCER_LOST, FST_SSE_STREAM_ABANDONED } from '../../errors.js'
import type { Unread } from '../../framing/finish/generation-channels.js'
import { type ProviderKey, toSourceError } from '../../framing/key-refusal.js'
import type { SourceChunks } from '../../framing/source-chunks.js'
import { endBySignal, onStopSignal, type Stoppable } from '../../framing/stop-signal.js'
import type { StreamLine } from '../../framing/stream-line.js'
import { RunLimits } from '../../response/limits/run-limits.js'
import type { OpenStream, OpenStreams } from '../../response/open-streams.js'
import { abortOf } from '../../source/abort-of.js'
import { pull } from '../../source/pull.js'
import type { TimedRun } from '../../source/source-deadlines.js'
import { StreamAbort } from '../../source/stream-abort.js'
import type { EventStore, LeaseStatus, LogEnd } from '../../stores/event-store.js'
import type { IdMap } from '../../util/collections/id-map.js'
import { logError } from '../../util/log.js'
import type { TimeSlice } from '../../util/timing/time-slice.js'
import type { OnDemandProducer } from '../log/follower.js'
import { producerOf } from '../log/generation.js'
import { LiveLog, type LocalEnd, type LogSource } from '../log/live-log.js'
import { type Abandonable, Followers } from './followers.js'
import type { LeaseListener } from './lease-listener.js'
import { LogSink } from './log-sink.js'
import { reportFailure } from './report-failure.js'
import { StoreWriter } from './store-writer.js'
import type { StreamRequest } from './stream-request.js'

/** What the producers of a node share. */
export interface ProducerContext {
  readonly store: EventStore
  readonly openStreams: OpenStreams
  /** The producers that run on this node, by the keys of their streams. */
  readonly producers: IdMap<Producer>
}

/**
 * Runs the source of a resumable stream. It fills the log that clients follow, and has it written to the event store.
 *
 * It outlives the connection of the first client. It ends when the source ends, when it is stopped, or when no client
 * has followed it for the time that `onDisconnect` allows (R4).
 */
export class Producer
  implements OpenStream, OnDemandProducer, LeaseListener, TimedRun, Stoppable, Abandonable, LogSource
{
  slot?: number | undefined
  readonly log: LiveLog
  readonly #context: ProducerContext
  readonly #signal: AbortSignal | undefined
  readonly #providerKey: ProviderKey
  readonly #reply: FastifyReply
  readonly #isRecord: boolean
  readonly #chunks: SourceChunks
  readonly #limits: RunLimits
  readonly #writer: StoreWriter
  /** The context of the request (S7). */
  readonly #scope = new AsyncResource('Producer')
  readonly #followers: Followers
  readonly #sink: LogSink
  #forgetSignal: (() => void) | undefined
  #hasClaimedId = false
  #isStarted = false
  /** Whether the first client is still there, whose response then reports a failure. */
  #hasFirstClient = true
  #failure: { error: Error; line: StreamLine } | undefined
  readonly #createdAt = performance.now()

  constructor(context: ProducerContext, request: StreamRequest, reply: FastifyReply) {
    const { id, meta, chunks, settings, onDisconnect, takeSlot, isRecord } = request
    this.#context = context
    this.#signal = request.signal
    this.#providerKey = settings.providerKey
    this.#reply = reply
    this.#isRecord = isRecord
    this.#chunks = chunks
    this.log = new LiveLog(id, meta, 1, () => this.#followers.changed())
    this.log.source = this
    const { store, openStreams } = context
    const { deadlines } = openStreams
    this.#followers = new Followers(this.log, onDisconnect, deadlines, this)
    this.#limits = new RunLimits(this, settings, deadlines, takeSlot)
    this.#writer = new StoreWriter(this.log, store, producerOf(meta.generation, id), deadlines, reply.log, this)
    this.#sink = new LogSink(this.log, store, this.#limits.deadlines, error => this.#writer.giveUp(error))
  }

  /**
   * Takes the slot of the source, before the id of the stream is claimed.
   *
   * @returns `undefined` if that took no time
   * @throws what the `takeSlot` of the request throws; if that gives a promise, the result rejects with it
   */
  takeSlot(): Promise<void> | undefined {
    return this.#limits.takeSlot()
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
    const taken = this.#limits.takeSlot()
    return taken === undefined ? this.#start() : taken.then(() => this.#start())
  }

  #start(): void {
    // The client may have left meanwhile.
    if (!this.isOpen) return
    this.#isStarted = true
    if (!this.#hasClaimedId) {
      this.#context.openStreams.add(this)
      this.#context.producers.set(this.log.meta.key, this)
      void this.#writer.claimId()
    }
    const signal = this.#signal
    this.#forgetSignal = signal && onStopSignal(signal, this)
    if (signal?.aborted) endBySignal(signal, this)
    else void this.#produce()
  }

  onFirstClientLeft(sawFailure: boolean): void {
    this.#hasFirstClient = false
    const failure = this.#failure
    if (failure !== undefined && !sawFailure) reportFailure(this.#reply.log, failure.error, failure.line)
    if (this.#isStarted || !this.isOpen) return
    // Nobody else knows of a stream that was not claimed, so its source never starts (S3).
    if (this.#hasClaimedId) void this.#startAlone()
    else this.#abort(new StreamAbort('left'))
  }

  /** Ends the stream on request, which is not an error (E5). */
  stop(abort = new StreamAbort('stopped')): void {
    if (!this.isOpen) return
    this.#abort(abort)
    this.#reply.log.info(this.#line('stopped', abort), 'stream stopped')
    const frame = this.#scope.runInAsyncScope(this.#chunks.encodeStopped, this.#chunks)
    this.#end({ frame, lost: false, isStopped: true })
  }

  /** Ends the stream because the server closes (V2). */
  close(): void {
    this.fail(new FST_SSE_CLOSING(), new StreamAbort('closing'))
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
    if (stop) this.stop()
    else this.#followers.nodes = followers
  }

  onCutOff(): void {
    this.#followers.nodes = 0
  }

  onFenced(): void {
    this.fail(new FST_SSE_PRODUCER_LOST(), new StreamAbort('fenced'))
  }

  onStoreFull(): void {
    this.#sink.onStoreFull()
  }

  async #produce(): Promise<void> {
    this.#limits.deadlines.start()
    try {
      const last = await pull(this.#chunks, this.#sink, this.slice)
      // It may have been stopped since its last item came.
      if (last === undefined || !this.isOpen) return
      this.#chunks.close(undefined, undefined, this.slice.pausedFor)
      // No response reports it.
      if (!this.#followers.isAny && !this.#isRecord) {
        this.#reply.log.info(this.#line('complete'), 'the source has ended without a client')
      }
      this.#end({ frame: last.text, lost: false })
    } catch (error) {
      if (this.isOpen) this.fail(toSourceError(error, this.#providerKey))
      else logError(this.#reply.log, 'debug', error, 'the source of an ended stream failed')
    }
  }

  onAbandoned(): void {
    this.fail(new FST_SSE_STREAM_ABANDONED(), new StreamAbort('abandoned'))
  }

  /** Ends the stream with an error. @param abort why the source is ended (S8) */
  fail(error: Error, abort: StreamAbort = abortOf(error)): void {
    if (!this.isOpen) return
    this.#abort(abort, error)
    const line = this.#line('error', abort)
    this.#failure = { error, line }
    if (!this.#hasFirstClient) reportFailure(this.#reply.log, error, line)
    const frame = this.#scope.runInAsyncScope(this.#chunks.encodeErrorAlways, this.#chunks, error)
    this.#end({ frame, lost: false, error })
  }

  /** What the log says of the end of the source. */
  #line(outcome: StreamLine['outcome'], abort?: StreamAbort): StreamLine {
    const { id, last } = this.log
    const { firstEventAt } = this.#sink
    return {
      streamId: id,
      outcome,
      reason: abort?.reason,
      events: last,
      bytes: this.log.countBytes(),
      timeToFirstEvent: firstEventAt === undefined ? undefined : firstEventAt - this.#createdAt,
      duration: performance.now() - this.#createdAt
    }
  }

  /** Cancels the source (S2). */
  #abort(abort: StreamAbort, error?: Error): void {
    this.#sink.isOpen = false
    this.#limits.end()
    this.#chunks.close(abort, error, this.slice.pausedFor)
  }

  #end(end: LogEnd & LocalEnd): void {
    this.#sink.isOpen = false
    this.#forgetSignal?.()
    this.#limits.end()
    this.#followers.stop()
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
    await this.#followers.firstHasLeft()
    if (!this.isOpen) return
    this.start()
    this.#followers.changed()
  }

  /** Whether chunks of the source are still taken. */
  get isOpen(): boolean {
    return this.#sink.isOpen
  }

  get slice(): TimeSlice {
    return this.#sink.slice
  }

  /** What of its events no client has read, on this node or another. */
  get unread(): Unread {
    if (this.#followers.isAny) return { events: 0, bytes: 0 }
    const { first, last, lastRead } = this.log
    const frames = this.log.after(Math.max(lastRead, first - 1), Number.POSITIVE_INFINITY)
    const bytes = frames.reduce((sum, frame) => sum + Buffer.byteLength(frame), 0)
    return { events: Math.max(0, last - lastRead), bytes }
  }

  get goesOn(): boolean {
    return this.isOpen && this.#followers.goesOn
  }

  get isRunning(): boolean {
    return this.#isStarted && this.isOpen
  }

  recount(): Promise<void> {
    return this.#writer.renew()
  }
}
