import { AsyncResource } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { FST_SSE_STORE_UNAVAILABLE } from '../errors.js'
import type { Chunk, ChunkSource } from '../framing/chunk.js'
import { logFailure, stopError, toError } from '../framing/failure.js'
import { type ProviderKey, toSourceError } from '../framing/key-refusal.js'
import { abortOf } from '../source/abort-of.js'
import { pull } from '../source/pull.js'
import { SourceDeadlines, type SourceTimeouts, type TimedRun } from '../source/source-deadlines.js'
import { isStop, StreamAbort } from '../source/stream-abort.js'
import { formatRetry } from '../sse/event.js'
import type { Deadline } from '../util/deadlines.js'
import { logError } from '../util/log.js'
import { isPromiseLike } from '../util/promise.js'
import { reconnectDelay } from '../util/reconnect-delay.js'
import { onAbort } from '../util/shared-listener.js'
import type { TimeSlice } from '../util/time-slice.js'
import { toErrorResponse } from './error-response.js'
import { completeHeaders } from './headers.js'
import type { Slot, TakeSlot } from './limits/slot.js'
import type { OpenStream, OpenStreams } from './open-streams.js'
import { failTogether } from './piped.js'
import { Pump, type PumpSettings } from './pump.js'
import { abandon, isClosed, onOver, onTurn, pendingBytes, type RawResponse, truncate } from './raw-response.js'
import { ReadableWriter } from './readable-writer.js'
import { SocketWriter } from './socket-writer.js'
import type { StreamSummary, Summary } from './summary.js'
import { giveUp, WriteDeadline } from './write-deadline.js'
import type { Writer } from './writer.js'

/** How long `close` waits for a slow client to take the data that it still gets. Milliseconds. */
const CLOSE_TIMEOUT = 250

/** The settings of a response with a stream. */
export interface EventStreamSettings extends PumpSettings {
  /** How long the head of the response waits for the first event. Milliseconds. */
  readonly commitAfter: number
  /** The amount of data held for a client that reads slowly (S4). Bytes. */
  readonly highWaterMark: number
  /** Whose key the provider is asked with (E1). */
  readonly providerKey: ProviderKey
  /** How long a client may take nothing of what waits for it. Milliseconds, or `false` for any time. */
  readonly writeTimeout: number | false
}

/** The parts of an `EventStream`. */
export interface EventStreamParts {
  readonly chunks: ChunkSource
  readonly reply: FastifyReply
  readonly settings: EventStreamSettings
  /** The deadlines of the source; `undefined` if the chunks are those of a log, whose producer has them. */
  readonly timeouts: SourceTimeouts | undefined
  /** Takes the slot of the source; `undefined` if the chunks are those of a log, whose producer has one. */
  readonly takeSlot: TakeSlot | undefined
  /** Ends the response when it is aborted. */
  readonly signal: AbortSignal | undefined
  readonly summary: Summary
}

/**
 * The body of a response with a stream. Fastify pipes it to the response, or hooks read it. The first read starts the
 * source.
 *
 * The client can leave at any moment, also while the source or the reader is waited for.
 */
export class EventStream extends Readable implements OpenStream, TimedRun {
  slot?: number | undefined
  readonly #parts: EventStreamParts
  readonly #raw: RawResponse
  readonly #streams: OpenStreams
  /** The context of the request (S7). A read runs in that of the socket. */
  readonly #scope = new AsyncResource('EventStream')
  readonly #forgetSignal: (() => void) | undefined
  /** Set by the first read. */
  #pump: Pump | undefined
  /** The writer of the pump; `undefined` if the pump writes to the response directly. */
  #readableWriter: ReadableWriter | undefined
  #sourceDeadlines: SourceDeadlines | undefined
  /** Held while the source runs. */
  #slot: Slot | undefined
  #writeDeadline: WriteDeadline | undefined
  /** Due `CLOSE_TIMEOUT` after `close`. */
  #closeTimeout: Deadline | undefined
  /** Whether chunks are still taken. */
  #isLive = true
  /** Whether an error is answered in its place. */
  #isReplaced = false

  constructor(parts: EventStreamParts, streams: OpenStreams) {
    super({ highWaterMark: parts.settings.highWaterMark })
    this.#parts = parts
    this.#raw = parts.reply.raw
    this.#streams = streams
    streams.add(this)
    const { signal } = parts
    if (signal !== undefined) {
      this.#forgetSignal = onAbort(signal, () => this.#stopBySignal(signal))
    }
    onOver(this.#raw, isComplete => this.#over(isComplete))
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
    this.#closeTimeout = { onDeadline: () => abandon(this.#raw) }
    this.#streams.deadlines.set(this.#closeTimeout, CLOSE_TIMEOUT)
    // Fastify sets the head just before the first read, so nothing can be written earlier, nor after the end.
    if (this.#pump === undefined || this.#raw.writableEnded) {
      truncate(this.#raw)
      return
    }
    this.unpipe()
    const held: Buffer[] = []
    // Node 26 gives one chunk for each read, earlier versions all of them.
    for (let chunk: Buffer | null = this.read(); chunk !== null; chunk = this.read()) held.push(chunk)
    const rest = Buffer.concat([...held, Buffer.from(this.#pump.takeRest() + formatRetry(retry))])
    ;(this.#raw as ServerResponse).write(rest, () => setImmediate(truncate, this.#raw))
  }

  /** Ends the stream because an error is answered in its place: a hook or the handler has failed. */
  replaceBy(error: Error): void {
    if (!this.#isLive) return
    this.#isReplaced = true
    this.#parts.summary.error = error
    this.#stop('error', abortOf(toError(error)))
    this.unpipe()
  }

  /** Writes to Node's response directly. Any other reader, or one more, reads this as an ordinary Readable. */
  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: { end?: boolean }): T {
    if ((destination as unknown) === this.#raw) completeHeaders(this.#raw)
    const isRead = this.#pump !== undefined || this.readableFlowing !== null || this.listenerCount('readable') > 0
    if ((destination as unknown) !== this.#raw || options?.end === false || isRead) {
      return super.pipe(destination, options)
    }
    process.nextTick(() => {
      onTurn(this.#raw, () => {
        if (this.#pump !== undefined || this.#isReplaced) return
        this.#start(new SocketWriter(this.#raw as ServerResponse, this.#parts.settings.highWaterMark))
      })
    })
    return destination
  }

  override _read(): void {
    if (this.#pump !== undefined) {
      this.#readableWriter?.read()
      return
    }
    onTurn(this.#raw, () => {
      if (this.#pump !== undefined || this.#isReplaced) return
      this.#readableWriter = new ReadableWriter(this, this.#raw)
      this.#start(this.#readableWriter)
    })
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.#isLive) {
      this.#stop(
        'aborted',
        isClosed(this.#raw) ? new StreamAbort('left') : abortOf(error === null ? undefined : toError(error))
      )
    }
    callback(error)
  }

  /**
   * Fastify destroys the body of a response whose client has left. If the request had a body, it then handles the early
   * end as an error of the server. A client that leaves is not an error (E5), so the body ends instead.
   */
  override destroy(error?: Error): this {
    const isOver = this.#isReplaced || isClosed(this.#raw)
    if (error !== undefined || this.readableEnded || !isOver) return super.destroy(error)
    if (this.#isLive) this.#stop('aborted', new StreamAbort('left'))
    this.unpipe()
    this.push(null)
    return this.resume()
  }

  /** The time slices of the source, once it has started. */
  get slice(): TimeSlice {
    return (this.#pump as Pump).slice
  }

  onTimeout(error: Error): void {
    this.#fail(error)
  }

  #start(writer: Writer): void {
    const { chunks, settings, summary, timeouts } = this.#parts
    const { deadlines } = this.#streams
    const { writeTimeout } = settings
    const pump = new Pump(writer, this.#raw, settings, deadlines, summary)
    this.#pump = pump
    pump.headFrame = chunks.headFrame ?? ''
    if (writeTimeout !== false) {
      const pending = () => this.readableLength + pendingBytes(this.#raw)
      this.#writeDeadline = new WriteDeadline(this.#raw, writeTimeout, deadlines, pending, () =>
        this.#onWriteTimeout(writeTimeout)
      )
      writer.deadline = this.#writeDeadline
    }
    if (this.#isLive) {
      pump.start(settings.commitAfter)
      if (timeouts !== undefined) {
        this.#sourceDeadlines = new SourceDeadlines(this, timeouts, deadlines)
        pump.sourceDeadlines = this.#sourceDeadlines
        this.#sourceDeadlines.start()
      }
      this.#scope.runInAsyncScope(this.#run, this, pump)
    } else if (summary.error !== undefined) {
      this.#refuse(summary.error)
    } else if (summary.outcome === 'stopped') {
      this.#endAsStopped(pump)
    }
  }

  async #run(pump: Pump): Promise<void> {
    const { chunks, reply, signal, settings, takeSlot } = this.#parts
    try {
      if (signal?.aborted) return this.#stopBySignal(signal)
      const slot = takeSlot?.()
      this.#slot = isPromiseLike(slot) ? await slot : slot
      // The client may have left meanwhile.
      if (!this.#isLive) return this.#slot?.release()
      const last = await pull(chunks, pump, pump.slice)
      if (last !== undefined) this.#complete(pump, last)
    } catch (error) {
      if (this.#isLive) this.#fail(toSourceError(error, settings.providerKey))
      else logError(reply.log, 'debug', error, 'the source of an ended stream failed')
    }
  }

  /** Ends a stream that is complete (E3), or was stopped on request (E5). */
  #complete(pump: Pump, last: Chunk): void {
    this.#stop(last.isStopped ? 'stopped' : 'complete')
    this.#end(pump, last.text)
  }

  /** Ends because the `signal` of its options was aborted: as stopped (E5) if that says so, otherwise with an error. */
  #stopBySignal(signal: AbortSignal): void {
    const reason: unknown = signal.reason
    if (isStop(reason)) this.#endStopped(reason)
    else this.#fail(stopError(signal), new StreamAbort('stopped', { cause: reason }))
  }

  #endStopped(abort: StreamAbort): void {
    this.#stop('stopped', abort)
    this.#parts.reply.log.info({ outcome: 'stopped' }, 'stream stopped')
    // Hooks may still run before the first read. `#start` then sends the end.
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
  #fail(error: Error, abort: StreamAbort = abortOf(error)): void {
    const { chunks, reply, summary } = this.#parts
    summary.error = error
    // The stream goes on at its producer. The client can follow it again, here or on another node.
    if (error instanceof FST_SSE_STORE_UNAVAILABLE) {
      this.#cutOff(reconnectDelay(), abort)
      return
    }
    this.#stop('error', abort, error)
    const pump = this.#pump
    // Hooks may still run before the first read. `#start` then refuses.
    if (pump === undefined) return
    if (!pump.hasBegun) {
      this.#refuse(error)
      return
    }
    logFailure(reply.log, error)
    const frame = this.#scope.runInAsyncScope(chunks.encodeError, chunks, error)
    if (frame === undefined) truncate(this.#raw)
    else this.#end(pump, frame)
  }

  /** Breaks off a response whose client takes nothing. Like any client that is gone, it ends the source (S2). */
  #onWriteTimeout(writeTimeout: number): void {
    this.#stop('aborted', new StreamAbort('timeout', { timeout: 'write' }))
    giveUp(this.#raw, this.#parts.reply.log, writeTimeout)
  }

  /** Sends the last event together with the end of the response. */
  #end(pump: Pump, frame: string): void {
    pump.end(frame)
    // If the pump writes to the response directly, there is nothing to read here.
    if (this.#readableWriter === undefined) this.resume().push(null)
  }

  /** Lets Fastify answer with an error, without the head of the stream, which Fastify has already set. */
  #refuse(error: Error): void {
    this.#streams.delete(this)
    // Without anybody who hears of the error, nothing would ever be answered.
    if (!failTogether(this, this.#raw, toErrorResponse(this.#parts.reply, error))) truncate(this.#raw)
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
    this.#pump?.close()
    this.#sourceDeadlines?.stop()
    this.#slot?.release()
    this.#forgetSignal?.()
    chunks.close(abort, error)
  }

  /** Cleans up once the response is over. @param isComplete whether all of it was handed to the network */
  #over(isComplete: boolean): void {
    // A response that is complete although this was never read has got another body from a hook.
    if (this.#isLive) {
      this.#stop(this.#pump !== undefined || !isComplete ? 'aborted' : 'skipped', new StreamAbort('left'))
    }
    this.destroy()
    this.#streams.delete(this)
    if (this.#closeTimeout !== undefined) this.#streams.deadlines.clear(this.#closeTimeout)
    this.#writeDeadline?.stop()
    this.#parts.summary.report(isComplete)
  }
}
