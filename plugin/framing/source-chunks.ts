import type { FastifyReply } from 'fastify'
import type { SourceOptions } from '../source/source.js'
import { SourceRun } from '../source/source-run.js'
import type { StreamAbort } from '../source/stream-abort.js'
import { ignoreRejection } from '../util/promise.js'
import { type Chunk, type ChunkSource, SKIPPED } from './chunk.js'
import type { Codec } from './codec.js'
import { FrameEncoder, type FrameOptions } from './frame-encoder.js'

type Result = IteratorResult<unknown, unknown>

/** The chunks of a source: one for each event, and one for the end. */
export class SourceChunks implements ChunkSource<Result> {
  readonly #run: SourceRun
  readonly #reply: FastifyReply
  readonly #encoder: FrameEncoder
  /** The result that is encoded again, because it has further chunks. */
  #again: Result | undefined
  /** The further chunks of `#again`. */
  #rest: Chunk[] = []

  /**
   * @param maxEventBytes the size of the largest frame, in bytes
   * @param endId the id of the last event; `undefined` if a log numbers the events
   * @throws FST_SSE_EVENT_INVALID if the `event` of the options cannot be sent
   */
  constructor(
    given: unknown,
    reply: FastifyReply,
    options: FrameOptions & SourceOptions,
    maxEventBytes: number,
    codec: Codec,
    endId: string | undefined
  ) {
    this.#encoder = new FrameEncoder(options, maxEventBytes, codec, endId)
    this.#run = new SourceRun(given, reply, options.isComplete)
    this.#reply = reply
  }

  next(): Result | Promise<Result> {
    return this.#again ?? this.#run.next()
  }

  /** The next result of the source itself, which is not encoded. */
  protected skip(): Result | Promise<Result> {
    return this.#run.next()
  }

  encode(result: Result): Chunk {
    if (this.#again !== undefined) return this.#next(result)
    if (result.done) {
      ignoreRejection(result.value)
      this.#rest = this.#encoder.rest(result.value)
      this.#again = result
      return this.#next(result)
    }
    const chunks = this.#encoder.item(result.value)
    return Array.isArray(chunks) ? this.#first(result, chunks) : chunks
  }

  #first(result: Result, [first = SKIPPED, ...rest]: Chunk[]): Chunk {
    this.#rest = rest
    if (rest.length > 0) this.#again = result
    return first
  }

  #next(result: Result): Chunk {
    const next = this.#rest.shift()
    if (next === undefined) return this.#encoder.end(result.value)
    if (!result.done && this.#rest.length === 0) this.#again = undefined
    return next
  }

  encodeError(error: Error): string | undefined {
    return this.#encoder.error(error, this.#reply.log)
  }

  /** The frame of an error. It always gives one, since a log must not end without it. */
  encodeErrorAlways(error: Error): string {
    return this.encodeError(error) ?? this.#encoder.lastResort(error)
  }

  encodeStopped(): string {
    return this.#encoder.stopped(this.#reply.log)
  }

  /** Aborts the signal of the source, which may be read on. */
  protected abortSignal(abort: StreamAbort): void {
    this.#run.abortSignal(abort)
  }

  close(abort?: StreamAbort, _error?: Error, _waited?: number): void {
    if (abort !== undefined) this.#run.cancel(abort)
  }
}
