import { AsyncResource } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { FST_SSE_STORE_UNAVAILABLE } from '../errors.js'
import type { ChunkSource } from '../framing/chunk-source.js'
import { stopError, toError } from '../framing/failure.js'
import { protocolOf } from '../framing/protocols/protocols.js'
import type { Settings, StreamOptions } from '../options.js'
import { formatRetry, HEARTBEAT } from '../sse/event.js'
import { WriteBatch } from '../sse/write-batch.js'
import type { Deadline } from '../util/deadlines.js'
import { isPromiseLike } from '../util/promise.js'
import { reconnectDelay } from '../util/reconnect-delay.js'
import { onAbort } from '../util/shared-listener.js'
import { TimeSlice } from '../util/time-slice.js'
import { unsetHeaders } from './headers.js'
import type { OpenStream, OpenStreams } from './open-streams.js'
import { isClosed, isHttp2, needsDrain, onOver, type RawResponse, truncate } from './raw-response.js'
import { report, type StreamSummary, Tally } from './summary.js'

/** How long a client that `close` cuts off has to take what it is owed. Milliseconds. */
const LAST_WORDS = 250

/**
 * The body of a response: pulls items from a source, writes them as events, and ends with the socket.
 *
 * The first read starts the source. One loop pulls it and waits in three places: for the source, for the reader (S4)
 * and for the other streams (S6). The client may leave during each of them.
 */
export class EventStream extends Readable implements Deadline, OpenStream {
  readonly #feed: ChunkSource
  readonly #reply: FastifyReply
  readonly #raw: RawResponse
  readonly #options: StreamOptions
  readonly #settings: Settings
  readonly #streams: OpenStreams
  /** The context of the request: a read comes from wherever the socket had room again (S7). */
  readonly #scope = new AsyncResource('EventStream')
  readonly #tally = new Tally()
  readonly #batch = new WriteBatch()
  readonly #turn = new TimeSlice()

  readonly #forgetSignal: (() => void) | undefined
  #started = false
  /** Whether the response is written to without a pipe. */
  #direct = false
  /** Whether the source may still give items. What it does after that concerns no client. */
  #live = true
  /** Whether the response has begun, so that an error can no longer have a status of its own. */
  #committed = false
  #flushing = false
  /** Whether the reader takes more, and how many bytes it takes. */
  #wanted = false
  #room = 0
  #wake: (() => void) | undefined
  #outcome: StreamSummary['outcome'] = 'skipped'
  #error: Error | undefined

  constructor(
    feed: ChunkSource,
    reply: FastifyReply,
    options: StreamOptions,
    settings: Settings,
    streams: OpenStreams
  ) {
    super({ highWaterMark: settings.highWaterMark })
    this.#feed = feed
    this.#reply = reply
    this.#raw = reply.raw
    this.#options = options
    this.#settings = settings
    this.#streams = streams
    streams.add(this)
    const { signal } = options
    if (signal !== undefined) {
      this.#forgetSignal = onAbort(signal, () => this.#fail(stopError(signal)))
    }
    onOver(this.#raw, whole => this.#over(whole))
  }

  /**
   * Cuts the stream off because its server closes (V2), or cannot follow it any more. The client gets what is held for it, a `retry:`, and then a
   * broken end, which it cannot take for a whole answer.
   */
  close(retry: number): void {
    this.#stop('closed')
    // Fastify sets the head right before the first read, and nothing may be written in front of that, nor after the end.
    if (!this.#started || this.#raw.writableEnded) {
      truncate(this.#raw)
      return
    }
    this.#batch.add(formatRetry(retry))
    this.unpipe()
    const held: Buffer = this.read() ?? Buffer.alloc(0)
    const last = Buffer.concat([held, Buffer.from(this.#batch.take())])
    ;(this.#raw as ServerResponse).write(last, () => setImmediate(truncate, this.#raw))
    this.#streams.deadlines.set(this, LAST_WORDS)
  }

  /**
   * A response of Node's takes the text itself: nothing that a pipe does is needed for that but to wait where it is full.
   * Whoever else reads, or reads along, gets what a Readable gives.
   */
  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: { end?: boolean }): T {
    const isRead = this.#started || this.readableFlowing !== null || this.listenerCount('readable') > 0
    if ((destination as unknown) !== this.#raw || options?.end === false || isRead) {
      return super.pipe(destination, options)
    }
    this.#direct = true
    process.nextTick(() => this._read())
    return destination
  }

  override _read(): void {
    this.#room = this.#settings.highWaterMark - this.readableLength
    this.#wanted = true
    if (this.#started) {
      this.#wake?.()
      return
    }
    this.#started = true
    if (this.#live) {
      this.#streams.deadlines.set(this, this.#settings.commitAfter)
      this.#scope.runInAsyncScope(this.#run, this)
    } else if (this.#error !== undefined) {
      this.#refuse(this.#error)
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#stop('aborted')
    callback(error)
  }

  /**
   * Fastify destroys the body of a response whose client has left. Where it has read the body of the request, it then
   * takes the early end for an error of the server and has that handled. So the body of such a response ends (E5).
   */
  override destroy(error?: Error): this {
    if (error !== undefined || this.readableEnded || !isClosed(this.#raw)) return super.destroy(error)
    this.#stop('aborted')
    this.unpipe()
    this.push(null)
    return this.resume()
  }

  onDeadline(): void {
    if (!this.#live) {
      truncate(this.#raw)
    } else if (!this.#committed) {
      this.#commit()
      this.#send(HEARTBEAT)
    } else if (this.#wanted && !this.isPaused() && !needsDrain(this.#raw)) {
      this.#send(HEARTBEAT)
    } else {
      this.#awaitSilence()
    }
  }

  async #run(): Promise<void> {
    try {
      if (this.#options.signal?.aborted) throw stopError(this.#options.signal)
      const source = await this.#feed.start()
      while (this.#live) {
        if (!this.#wanted) await this.#reader()
        else if (this.#turn.isOver()) await this.#turn.next()
        if (!this.#live) return
        const next = source.next()
        const result = isPromiseLike(next) ? await next : next
        if (!this.#live) return
        if (result.done) return this.#end(result.value)
        const frame = this.#feed.item(result.value)
        if (this.#live) this.#take(frame)
      }
    } catch (error) {
      if (this.#live) this.#fail(toError(error))
      else this.#feed.ignore(error)
    }
  }

  #take(frame: string): void {
    if (frame === '') return
    if (this.#tally.count(this.#feed.events)) {
      this.#commit()
      this.#send(frame)
      // It is on its way only when the source lets others go on.
      this.#turn.cut()
      return
    }
    this.#batch.add(frame, this.#feed.bytes)
    if (this.#batch.fills(this.#room)) {
      this.#flush()
    } else if (!this.#flushing) {
      this.#flushing = true
      this.#turn.onSettled(EventStream.#settle, this)
    }
  }

  static #settle(stream: EventStream): void {
    stream.#flushing = false
    // A socket that was destroyed is told of later than this.
    if (stream.#live && !isClosed(stream.#raw)) stream.#flush()
  }

  /** Sends what is ready in one write. */
  #flush(): void {
    if (this.#batch.isEmpty) return
    const { bytes } = this.#batch
    const text = this.#batch.take()
    this.#tally.bytes += bytes
    if (this.#direct) this.#write(text, bytes)
    else this.#push(text)
    this.#awaitSilence()
  }

  #push(text: string): void {
    // A read may come while this is handed over, and is not to be forgotten.
    this.#wanted = false
    if (this.push(text)) this.#wanted = true
    this.#room = this.#settings.highWaterMark - this.readableLength
  }

  #write(text: string, bytes: number): void {
    const response = this.#raw as ServerResponse
    if (response.writableLength === 0) this.#room = this.#settings.highWaterMark
    this.#room -= bytes
    if (this.#room > 0) {
      response.write(text)
    } else {
      this.#wanted = false
      response.write(text, error => {
        if (!error) this._read()
      })
    }
  }

  #send(frame: string): void {
    this.#batch.add(frame)
    this.#flush()
  }

  #commit(): void {
    if (this.#committed) return
    this.#committed = true
    if (this.#settings.retry !== undefined) this.#batch.add(formatRetry(this.#settings.retry))
  }

  #awaitSilence(): void {
    if (this.#live && this.#settings.heartbeat !== false) this.#streams.deadlines.set(this, this.#settings.heartbeat)
  }

  #reader(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve
    })
  }

  /** E3 */
  #end(returned: unknown): void {
    this.#take(this.#feed.rest())
    const last = this.#feed.end(returned)
    if (!this.#live) return
    this.#stop('complete')
    this.#commit()
    this.#finish(last)
  }

  /** E1 before the response has begun, E2 after. */
  #fail(error: Error): void {
    this.#error = error
    // The stream goes on elsewhere, and may be reached again from here, or from another node already.
    if (error instanceof FST_SSE_STORE_UNAVAILABLE) {
      this.close(reconnectDelay())
      return
    }
    this.#stop('error')
    if (!this.#committed) {
      // Before the first read nobody listens yet: hooks may be at work on the response.
      if (this.#started) this.#refuse(error)
      return
    }
    const frame = this.#scope.runInAsyncScope(this.#feed.failed, this.#feed, error)
    if (frame === undefined) {
      truncate(this.#raw)
    } else {
      this.#finish(frame)
    }
  }

  /** Sends the last event, and the end along with it. */
  #finish(frame: string): void {
    if (this.#direct) {
      this.#batch.add(frame)
      this.#tally.bytes += this.#batch.bytes
      const text = this.#batch.take()
      ;(this.#raw as ServerResponse).end(text)
      this.resume()
    } else {
      this.#send(frame)
    }
    this.push(null)
  }

  /** Lets Fastify answer with an error. It has set the head of the stream already, whose type would garble the error. */
  #refuse(error: Error): void {
    this.#streams.delete(this)
    unsetHeaders(this.#reply, protocolOf(this.#options.protocol))
    this.unpipe()
    this.destroy(error)
  }

  /** Ends the source's part: nothing more is taken from it. Unless it has ended by itself, it is cancelled (S2). */
  #stop(outcome: StreamSummary['outcome']): void {
    if (!this.#live) return
    this.#live = false
    this.#outcome = outcome
    this.#streams.deadlines.clear(this)
    this.#turn.forget()
    this.#forgetSignal?.()
    if (outcome !== 'complete') this.#feed.cancel()
  }

  /** Ends all that is left, once the response is over. */
  #over(whole: boolean): void {
    // What was never started and is sent whole all the same, a hook has replaced.
    this.#stop(this.#started || !whole ? 'aborted' : 'skipped')
    this.destroy()
    this.#streams.delete(this)
    this.#streams.deadlines.clear(this)
    if (this.#outcome === 'complete' && !whole) this.#outcome = 'aborted'
    // Fastify has a line of its own for HTTP/1.1 responses that have begun.
    if (this.#outcome === 'aborted' && (isHttp2(this.#raw) || !this.#raw.headersSent)) {
      this.#reply.log.info({ outcome: 'aborted' }, 'client left')
    }
    const summary = this.#tally.summary(this.#outcome, this.#raw.statusCode, this.#error)
    this.#scope.runInAsyncScope(report, undefined, this.#options.onClose, summary, this.#reply.log)
  }
}
