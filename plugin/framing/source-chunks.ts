import type { FastifyReply } from 'fastify'
import type { SourceOptions } from '../source/source.js'
import { SourceRun } from '../source/source-run.js'
import type { StreamAbort } from '../source/stream-abort.js'
import type { Chunk, ChunkSource } from './chunk.js'
import type { Codec } from './codec.js'
import { FrameEncoder, type FrameOptions } from './frame-encoder.js'

type Result = IteratorResult<unknown, unknown>

/** The chunks of a source: one for each item, and one for the end. */
export class SourceChunks implements ChunkSource<Result> {
  readonly #run: SourceRun
  readonly #reply: FastifyReply
  readonly #encoder: FrameEncoder
  /** The end of the source. It is kept while an unfinished character is sent first. */
  #end: Result | undefined

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
    return this.#end ?? this.#run.next()
  }

  encode(result: Result): Chunk {
    if (!result.done) return this.#encoder.item(result.value)
    if (this.#end === undefined) {
      const rest = this.#encoder.rest()
      this.#end = result
      if (rest !== undefined) return rest
    }
    return this.#encoder.end(result.value)
  }

  encodeError(error: Error): string | undefined {
    return this.#encoder.error(error, this.#reply.log)
  }

  /** The frame of an error. It always gives one, since a log must not end without it. */
  encodeErrorAlways(error: Error): string {
    return this.encodeError(error) ?? this.#encoder.lastResort(error)
  }

  close(abort?: StreamAbort): void {
    if (abort !== undefined) this.#run.cancel(abort)
  }
}
