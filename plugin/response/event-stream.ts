import { AsyncResource } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { FST_SSE_STORE_UNAVAILABLE } from '../errors.js'
import type { Chunk, ChunkSource } from '../framing/chunk.js'
import { logFailure, stopError, toError } from '../framing/failure.js'
import type { BuiltInProtocol } from '../framing/protocols/protocol.js'
import { pull } from '../source/pull.js'
import { formatRetry } from '../sse/event.js'
import type { Deadline } from '../util/deadlines.js'
import { logError } from '../util/log.js'
import { reconnectDelay } from '../util/reconnect-delay.js'
import { onAbort } from '../util/shared-listener.js'
import { unsetHeaders } from './headers.js'
import type { OpenStream, OpenStreams } from './open-streams.js'
import { Pump, type PumpSettings } from './pump.js'
import { isClosed, onOver, type RawResponse, truncate } from './raw-response.js'
import { ReadableWriter } from './readable-writer.js'
import { SocketWriter } from './socket-writer.js'
import type { StreamSummary, Summary } from './summary.js'
import type { Writer } from './writer.js'

/** How long a client that `close` cuts off has to take what it is owed. Milliseconds. */
const LAST_WORDS = 250

export interface EventStreamSettings extends PumpSettings {
  /** How long the head of the response waits for the first event. Milliseconds. */
  readonly commitAfter: number
  /** How much is held for a client that reads slowly. Bytes. */
  readonly highWaterMark: number
}

/** What the body of a response is made of. */
export interface EventStreamParts {
  readonly chunks: ChunkSource
  readonly reply: FastifyReply
  readonly protocol: BuiltInProtocol
  readonly settings: EventStreamSettings
  /** Ends the stream when it is aborted. */
  readonly signal: AbortSignal | undefined
  readonly summary: Summary
}

/**
 * The body of a response: the life of a stream, from the first read, which starts its source, to the end of the socket.
 *
 * The client may leave at any moment: while the source, the reader or another stream is waited for.
 */
export class EventStream extends Readable implements OpenStream {
  slot?: number | undefined
  readonly #parts: EventStreamParts
  readonly #raw: RawResponse
  readonly #streams: OpenStreams
  /** The context of the request: a read comes from wherever the socket had room again (S7). */
  readonly #scope = new AsyncResource('EventStream')
  readonly #forgetSignal: (() => void) | undefined
  /** There from the first read on. */
  #pump: Pump | undefined
  /** What the pump writes to, unless that is the socket. */
  #readableWriter: ReadableWriter | undefined
  /** Due when a client has had its time for the last words. */
  #cutOff: Deadline | undefined
  /** Whether the source may still give items. What it does after that concerns no client. */
  #isLive = true

  constructor(parts: EventStreamParts, streams: OpenStreams) {
    super({ highWaterMark: parts.settings.highWaterMark })
    this.#parts = parts
    this.#raw = parts.reply.raw
    this.#streams = streams
    streams.add(this)
    const { signal } = parts
    if (signal !== undefined) {
      this.#forgetSignal = onAbort(signal, () => this.#fail(stopError(signal)))
    }
    onOver(this.#raw, isWhole => this.#over(isWhole))
  }

  /**
   * Cuts the stream off because its server closes (V2), or cannot follow it any more. The client gets what is held for it,
   * a `retry:`, and then a broken end, which it cannot take for a complete answer.
   */
  close(retry: number): void {
    this.#stop('closed')
    // Fastify sets the head right before the first read. Nothing may be written before that, nor after the end.
    if (this.#pump === undefined || this.#raw.writableEnded) {
      truncate(this.#raw)
      return
    }
    this.unpipe()
    const held: Buffer = this.read() ?? Buffer.alloc(0)
    const last = Buffer.concat([held, Buffer.from(this.#pump.takeRest() + formatRetry(retry))])
    ;(this.#raw as ServerResponse).write(last, () => setImmediate(truncate, this.#raw))
    this.#cutOff = { onDeadline: () => truncate(this.#raw) }
    this.#streams.deadlines.set(this.#cutOff, LAST_WORDS)
  }

  /** A response of Node's is written to directly. Whoever else reads, or reads along, gets what a Readable gives. */
  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: { end?: boolean }): T {
    const isRead = this.#pump !== undefined || this.readableFlowing !== null || this.listenerCount('readable') > 0
    if ((destination as unknown) !== this.#raw || options?.end === false || isRead) {
      return super.pipe(destination, options)
    }
    const writer = new SocketWriter(this.#raw as ServerResponse, this.#parts.settings.highWaterMark)
    process.nextTick(() => {
      if (this.#pump === undefined) this.#start(writer)
    })
    return destination
  }

  override _read(): void {
    if (this.#pump === undefined) {
      this.#readableWriter = new ReadableWriter(this, this.#raw)
      this.#start(this.#readableWriter)
    } else {
      this.#readableWriter?.read()
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

  #start(writer: Writer): void {
    const { settings, summary } = this.#parts
    const pump = new Pump(writer, this.#raw, settings, this.#streams.deadlines, summary)
    this.#pump = pump
    if (this.#isLive) {
      pump.start(settings.commitAfter)
      this.#scope.runInAsyncScope(this.#run, this, pump)
    } else if (summary.error !== undefined) {
      this.#refuse(summary.error)
    }
  }

  async #run(pump: Pump): Promise<void> {
    const { chunks, reply, signal } = this.#parts
    try {
      if (signal?.aborted) throw stopError(signal)
      const last = await pull(chunks, pump, pump.slice)
      if (last !== undefined) this.#complete(pump, last)
    } catch (error) {
      if (this.#isLive) this.#fail(toError(error))
      else logError(reply.log, 'debug', error, 'the source of an ended stream failed')
    }
  }

  /** E3 */
  #complete(pump: Pump, last: Chunk): void {
    this.#stop('complete')
    this.#end(pump, last.text)
  }

  /** E1 before the response has begun, E2 after. */
  #fail(error: Error): void {
    const { chunks, reply, summary } = this.#parts
    summary.error = error
    // The stream goes on elsewhere, and may be reached again from here, or from another node already.
    if (error instanceof FST_SSE_STORE_UNAVAILABLE) {
      this.close(reconnectDelay())
      return
    }
    this.#stop('error')
    const pump = this.#pump
    // Before the first read nobody listens yet: hooks may be at work on the response.
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

  /** Sends the last event, and the end along with it. */
  #end(pump: Pump, frame: string): void {
    pump.end(frame)
    // What is written to the socket directly leaves nothing to read here.
    if (this.#readableWriter === undefined) this.resume().push(null)
  }

  /** Lets Fastify answer with an error. It has set the head of the stream already, whose type would garble the error. */
  #refuse(error: Error): void {
    const { reply, protocol } = this.#parts
    this.#streams.delete(this)
    unsetHeaders(reply, protocol)
    this.unpipe()
    this.destroy(error)
  }

  /** Ends the source's part: nothing more is taken from it. Unless it has ended by itself, it is cancelled (S2). */
  #stop(outcome: StreamSummary['outcome']): void {
    if (!this.#isLive) return
    const { chunks, summary } = this.#parts
    this.#isLive = false
    summary.outcome = outcome
    this.#pump?.close()
    this.#forgetSignal?.()
    chunks.close()
  }

  /** Ends all that is left, once the response is over. */
  #over(isWhole: boolean): void {
    // What was never started and is sent whole all the same, a hook has replaced.
    this.#stop(this.#pump !== undefined || !isWhole ? 'aborted' : 'skipped')
    this.destroy()
    this.#streams.delete(this)
    if (this.#cutOff !== undefined) this.#streams.deadlines.clear(this.#cutOff)
    this.#parts.summary.report(isWhole)
  }
}
