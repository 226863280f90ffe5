import type { FastifyReply } from 'fastify'
import type { StreamOptions } from '../options.js'
import type { Source } from '../source/source.js'
import { SourceRun } from '../source/source-run.js'
import { END_ID } from '../sse/last-event-id.js'
import { logFailure } from './failure.js'
import { type Codec, FrameEncoder } from './frame-encoder.js'

/** Where the frames of one response come from: a source of its own, or the log of a stream that it follows. */
export interface ChunkSource {
  /** Gives what is pulled. Called once, by the first read. */
  start(): Promise<Pick<Source, 'next'>>
  /** How many events there are in the frame of an item. */
  readonly events: number
  /** How many bytes the frame of an item has, where that is known. */
  readonly bytes: number | undefined
  /** The frame of an item; `''` for one that is skipped. */
  item(item: unknown): string
  /** The frame of what is left when there are no more items; `''` for nothing. */
  rest(): string
  /** The frame of the last event of a complete stream; `''` for none. */
  end(returned: unknown): string
  /** The frame of the last event of a stream that has failed after it had begun; `undefined` where none can be sent (E4). Logs the failure. */
  failed(error: Error): string | undefined
  /** Nothing more is wanted (S2). Does not wait for anything. */
  cancel(): void
  /** What became of it after its end. */
  ignore(error: unknown): void
}

/** The feed of a response whose source is its own. */
export class OwnSource extends FrameEncoder implements ChunkSource {
  readonly events = 1
  readonly bytes = undefined
  readonly #run: SourceRun
  readonly #reply: FastifyReply

  /** @throws FST_SSE_EVENT_INVALID where the name in the options cannot be sent */
  constructor(given: unknown, reply: FastifyReply, options: StreamOptions, maxBytes: number, codec: Codec) {
    super(options, maxBytes, codec, END_ID)
    this.#run = new SourceRun(given, reply, options.isComplete)
    this.#reply = reply
  }

  start(): Promise<Pick<Source, 'next'>> {
    return this.#run.start()
  }

  failed(error: Error): string | undefined {
    logFailure(this.#reply.log, error)
    return this.error(error, this.#reply.log)
  }

  cancel(): void {
    this.#run.cancel()
  }

  ignore(error: unknown): void {
    this.#run.ignore(error)
  }
}
