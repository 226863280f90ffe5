import { AsyncResource } from 'node:async_hooks'
import { FST_SSE_STORE_UNAVAILABLE } from '../errors.js'
import type { Chunk } from '../framing/chunk.js'
import { logFailure, toError } from '../framing/failure.js'
import { toSourceError } from '../framing/key-refusal.js'
import { endBySignal, onStopSignal, type Stoppable } from '../framing/stop-signal.js'
import { abortOf } from '../source/abort-of.js'
import { pull } from '../source/pull.js'
import type { TimedRun } from '../source/source-deadlines.js'
import { StreamAbort } from '../source/stream-abort.js'
import { formatRetry } from '../sse/event.js'
import { logError } from '../util/log.js'
import { reconnectDelay } from '../util/timing/reconnect-delay.js'
import type { TimeSlice } from '../util/timing/time-slice.js'
import { breakOff } from './break-off.js'
import { toErrorResponse } from './error-response.js'
import type { EventStreamParts } from './event-stream-parts.js'
import { RunLimits } from './limits/run-limits.js'
import type { OpenStream, OpenStreams } from './open-streams.js'
import { isClosed, type OverListener, onOver, pendingBytes, truncate } from './raw-response.js'
import { ResponseBody } from './response-body.js'
import type { StreamSummary } from './summary/stream-summary.js'
import { Pump } from './write/pump.js'
import { giveUp, type SlowResponse, WriteDeadline } from './write/write-deadline.js'
import type { Writer } from './write/writer.js'

/**
 * The body of a response with a stream. It writes to the response, or hooks read it. The first read starts the source.
 *
 * The client can leave at any moment, also while the source or the reader is waited for.
 */
export class EventStream extends ResponseBody implements OpenStream, TimedRun, Stoppable, SlowResponse, OverListener {
  slot?: number | undefined
  readonly #parts: EventStreamParts
  readonly #streams: OpenStreams
  /** The context of the request (S7). A read runs in that of the socket. */
  readonly #scope = new AsyncResource('EventStream')
  readonly #forgetSignal: (() => void) | undefined
  /** Set by the first read. */
  #pump: Pump | undefined
  /** The limits of the source; `undefined` if the chunks are those of a log, whose producer has them. */
  #limits: RunLimits | undefined
  #writeDeadline: WriteDeadline | undefined
  /** Whether chunks are still taken. */
  #isLive = true

  constructor(parts: EventStreamParts, streams: OpenStreams) {
    super(parts.reply, parts.settings.highWaterMark)
    this.#parts = parts
    this.#streams = streams
    streams.add(this)
    parts.summary.open(parts.after)
    this.#forgetSignal = parts.signal && onStopSignal(parts.signal, this)
    onOver(this.raw, this)
  }

  /** Cuts the stream off because its server closes (V2). @param retry the reconnect delay, in milliseconds */
  close(retry: number): void {
    this.#cutOff(retry, new StreamAbort('closing'))
  }

  /**
   * Cuts the stream off because its server closes or can no longer follow its log. The client gets the data that is
   * held for it, a `retry:`, and then a broken end, which does not look complete (E4).
   *
   * @param retry the reconnect delay, in milliseconds
   */
  #cutOff(retry: number, abort: StreamAbort): void {
    this.#stop('closed', abort)
    const pump = this.#pump
    // Fastify sets the head just before the first read, so nothing can be written earlier, nor after the end.
    const canWrite = pump !== undefined && !this.raw.writableEnded
    const rest = canWrite
      ? Buffer.concat([...this.takeHeld(), Buffer.from(pump.takeRest() + formatRetry(retry))])
      : undefined
    breakOff(this.raw, rest, this.#streams.deadlines)
  }

  /**
   * Ends the stream because something is answered in its place.
   *
   * @param error what a hook or the handler has failed with; `undefined` if the app answers something else
   */
  replaceBy(error?: Error): void {
    if (!this.#isLive) return
    this.#parts.summary.error = error
    if (error === undefined) this.#stop('aborted', new StreamAbort('left'))
    else this.#stop('error', abortOf(toError(error)))
    this.replaced()
  }

  /** The time slices of the source, once it has started. */
  get slice(): TimeSlice {
    return (this.#pump as Pump).slice
  }

  get pendingBytes(): number {
    return this.readableLength + pendingBytes(this.raw)
  }

  protected override left(error?: Error): boolean {
    if (!this.#isLive) return false
    this.#stop('aborted', isClosed(this.raw) ? new StreamAbort('left') : abortOf(error && toError(error)))
    return true
  }

  protected override start(writer: Writer): void {
    const { chunks, settings, summary, source } = this.#parts
    const { deadlines } = this.#streams
    const { writeTimeout } = settings
    const pump = new Pump(writer, this.raw, settings, deadlines, summary)
    this.#pump = pump
    pump.headFrame = chunks.headFrame ?? ''
    if (writeTimeout !== false) {
      this.#writeDeadline = new WriteDeadline(this, writeTimeout, deadlines)
      writer.deadline = this.#writeDeadline
    }
    if (this.#isLive) {
      pump.start(settings.commitAfter)
      if (source !== undefined) {
        this.#limits = new RunLimits(this, source.timeouts, deadlines, source.takeSlot)
        this.#limits.deadlines.start()
        pump.sourceDeadlines = this.#limits.deadlines
      }
      this.#scope.runInAsyncScope(this.#run, this, pump)
    } else if (summary.error !== undefined) {
      this.#refuse(summary.error)
    } else if (summary.outcome === 'stopped') {
      this.#endAsStopped(pump)
    }
  }

  #run(pump: Pump): void {
    const { signal } = this.#parts
    try {
      if (signal?.aborted) {
        endBySignal(signal, this)
        return
      }
      const taken = this.#limits?.takeSlot()
      if (taken === undefined) this.#pull(pump)
      else taken.then(() => this.#pull(pump)).catch(error => this.#failed(error))
    } catch (error) {
      this.#failed(error)
    }
  }

  /** An async function that awaits the last chunk was measured to hold 200 bytes more. */
  #pull(pump: Pump): void {
    const failed = (error: unknown) => this.#failed(error)
    pull(this.#parts.chunks, pump, pump.slice).then(last => {
      try {
        // It may have been stopped since its last item came.
        if (last !== undefined && this.#isLive) this.#complete(pump, last)
      } catch (error) {
        failed(error)
      }
    }, failed)
  }

  #failed(error: unknown): void {
    const { reply, settings } = this.#parts
    if (this.#isLive) this.fail(toSourceError(error, settings.providerKey))
    else logError(reply.log, 'debug', error, 'the source of an ended stream failed')
  }

  /** Ends a stream that is complete (E3), or was stopped on request (E5). */
  #complete(pump: Pump, last: Chunk): void {
    this.#stop(last.isStopped ? 'stopped' : 'complete')
    this.#end(pump, last.text)
  }

  /** Ends the stream on request, which is not an error (E5). */
  stop(abort: StreamAbort): void {
    this.#stop('stopped', abort)
    this.#parts.reply.log.info(this.#parts.summary.takeLine(), 'stream stopped')
    // Hooks may still run before the first read. `start` then sends the end.
    if (this.#pump !== undefined) this.#endAsStopped(this.#pump)
  }

  #endAsStopped(pump: Pump): void {
    const { chunks } = this.#parts
    this.#end(pump, this.#scope.runInAsyncScope(chunks.encodeStopped, chunks))
  }

  /**
   * Answers with an error before the response has begun (E1), and sends an `error` event after that (E2).
   *
   * @param abort why the source is ended (S8)
   */
  fail(error: Error, abort: StreamAbort = abortOf(error)): void {
    const { chunks, reply, summary } = this.#parts
    summary.error = error
    // The stream goes on at its producer. The client can follow it again, here or on another node.
    if (error instanceof FST_SSE_STORE_UNAVAILABLE) {
      this.#cutOff(reconnectDelay(), abort)
      return
    }
    this.#stop('error', abort, error)
    const pump = this.#pump
    // Hooks may still run before the first read. `start` then refuses.
    if (pump === undefined) return
    if (!pump.hasBegun) {
      this.#refuse(error)
      return
    }
    logFailure(reply.log, error, summary.takeLine())
    const frame = this.#scope.runInAsyncScope(chunks.encodeError, chunks, error)
    if (frame === undefined) truncate(this.raw)
    else this.#end(pump, frame)
  }

  /** Breaks off a response whose client takes nothing. Like any client that is gone, it ends the source (S2). */
  onWriteTimeout(writeTimeout: number): void {
    this.#stop('aborted', new StreamAbort('timeout', { timeout: 'write' }))
    giveUp(this.raw, this.#parts.reply.log, writeTimeout, this.#parts.summary.takeLine())
  }

  /** Sends the last event together with the end of the response. */
  #end(pump: Pump, frame: string): void {
    pump.end(frame)
    this.hasEnded()
  }

  /** Answers with an error in place of the stream. */
  #refuse(error: Error): void {
    this.#streams.delete(this)
    this.refuse(toErrorResponse(this.#parts.reply, error))
  }

  /**
   * Takes no more chunks, and cancels a source that has not ended (S2). The first outcome counts.
   *
   * @param abort why the source is ended (S8); `undefined` if it has ended
   */
  #stop(outcome: StreamSummary['outcome'], abort?: StreamAbort, error?: Error): void {
    if (!this.#isLive) return
    const { chunks, summary } = this.#parts
    this.#isLive = false
    summary.outcome = outcome
    summary.reason = abort?.reason ?? (outcome === 'stopped' ? 'stopped' : undefined)
    this.#pump?.close()
    this.#limits?.end()
    this.#forgetSignal?.()
    chunks.close(abort, error, summary.waited)
    summary.goesOn = chunks.goesOn === true
  }

  /** Cleans up once the response is over. The parameters are those of `OverListener`. */
  onOver(isComplete: boolean, isCut: boolean): void {
    // A response that is complete although this was never read has got another body from a hook.
    if (this.#isLive) {
      this.#stop(this.#pump !== undefined || !isComplete ? 'aborted' : 'skipped', new StreamAbort('left'))
    }
    if (!this.isDirect) this.destroy()
    this.#streams.delete(this)
    this.#writeDeadline?.stop()
    this.#parts.summary.report(isComplete)
    if (isCut) this.logLoss()
  }
}
