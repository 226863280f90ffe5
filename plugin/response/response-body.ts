import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { answerError } from './answer-error.js'
import { logStreamError } from './fastify-internals.js'
import { completeHeaders } from './headers.js'
import { failTogether } from './piped.js'
import { isClosed, onTurn, type RawResponse, truncate } from './raw-response.js'
import { ReadableWriter } from './write/readable-writer.js'
import { SocketWriter } from './write/socket-writer.js'
import type { Writer } from './write/writer.js'

/**
 * A body that is written while it is read. If Fastify pipes it to the response, it writes to that directly; for any
 * other reader, such as a hook, it is an ordinary Readable.
 */
export abstract class ResponseBody extends Readable {
  readonly raw: RawResponse
  readonly #reply: FastifyReply
  #isStarted = false
  /** Whether an error is answered in its place. */
  #isReplaced = false
  /** Whether nobody reads it, since it was not sent through Fastify. */
  protected isDirect = false
  /** Whether its end or an error is on its way, so that nothing is lost with the response. */
  #isOver = false
  /** Whether something has asked for a read. */
  #isRead = false
  /** The writer; `undefined` if it writes to the response directly. */
  #writer: ReadableWriter | undefined

  constructor(reply: FastifyReply, highWaterMark: number) {
    super({ highWaterMark })
    this.#reply = reply
    this.raw = reply.raw
  }

  /** Called once, at the first read. */
  protected abstract start(writer: Writer): void

  /**
   * Called when it is destroyed, or its reader has left.
   *
   * @returns whether it had not ended before
   */
  protected abstract left(error?: Error): boolean

  /** Removes and returns what is held for the reader, whom it gets no further. */
  protected takeHeld(): Buffer[] {
    this.unpipe()
    const held: Buffer[] = []
    // Node 26 gives one chunk for each read, earlier versions all of them.
    for (let chunk: Buffer | null = this.read(); chunk !== null; chunk = this.read()) held.push(chunk)
    return held
  }

  /** Called when an error is answered in its place. */
  protected replaced(): void {
    this.#isReplaced = true
    this.unpipe()
  }

  /** Has an error answered in its place, without the head of the stream, which is set but not sent. */
  protected refuse(error: Error): void {
    if (this.isDirect) this.once('error', answered => this.#answerError(answered))
    // Without anybody who hears of the error, nothing would ever be answered.
    if (!failTogether(this, this.raw, error)) truncate(this.raw)
  }

  #answerError(error: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    answerError(this.#reply, error)
  }

  /** Called when the writer has written the end. */
  protected hasEnded(): void {
    this.#isOver = true
    // If it writes to the response directly, there is nothing to read here.
    if (this.#writer === undefined && !this.isDirect) this.resume().push(null)
  }

  /** Writes to Node's response directly. Any other reader, or one more, reads this as an ordinary Readable. */
  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: { end?: boolean }): T {
    if ((destination as unknown) === this.raw) completeHeaders(this.raw)
    const isRead = this.#isRead || this.readableFlowing !== null || this.listenerCount('readable') > 0
    if ((destination as unknown) !== this.raw || options?.end === false || isRead) {
      return super.pipe(destination, options)
    }
    this.#writeDirectly()
    return destination
  }

  /** Writes to the response, which was not sent through Fastify. */
  sendDirectly(): void {
    this.isDirect = true
    this.raw.on('error', (error: Error) => this.#responseFailed(error))
    this.#writeDirectly()
  }

  #responseFailed(error: Error): void {
    this.logLoss(error)
    this.#isOver = true
    if (this.left(error) && !this.raw.writableEnded) this.raw.destroy()
  }

  /** Logs that the response has failed or broken off, as Fastify does for the streams that it sends. */
  protected logLoss(error?: Error): void {
    if (this.isDirect && !this.#isOver && this.raw.headersSent) logStreamError(this.#reply, error)
  }

  #writeDirectly(): void {
    const { raw, readableHighWaterMark } = this
    process.nextTick(() => this.#startOnTurn(() => new SocketWriter(raw as ServerResponse, readableHighWaterMark)))
  }

  override _read(): void {
    this.#isRead = true
    if (this.#isStarted) this.#writer?.read()
    else this.#startOnTurn(() => (this.#writer = new ReadableWriter(this, this.raw)))
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.left(error ?? undefined)
    callback(error)
  }

  /**
   * Fastify destroys the body of a response whose client has left. If the request had a body, it then handles the early
   * end as an error of the server. A client that leaves is not an error (E5), so the body ends instead.
   */
  override destroy(error?: Error): this {
    const isOver = this.#isReplaced || isClosed(this.raw)
    if (error !== undefined || this.readableEnded || !isOver) return super.destroy(error)
    this.left()
    this.unpipe()
    this.push(null)
    return this.resume()
  }

  #startOnTurn(makeWriter: () => Writer): void {
    onTurn(this.raw, () => {
      // A pipelined response may have waited for its turn twice.
      if (!this.#isStarted && !this.#isReplaced) {
        this.#isStarted = true
        this.start(makeWriter())
      }
    })
  }
}
