import type { FastifyReply } from 'fastify'
import { drain } from '../../source/drain.js'
import type { SourceOptions } from '../../source/source.js'
import type { StreamAbort } from '../../source/stream-abort.js'
import { logError } from '../../util/log.js'
import type { Chunk } from '../chunk.js'
import type { Codec } from '../codec.js'
import type { FrameOptions } from '../frame-encoder.js'
import { protocolOf } from '../protocols/protocols.js'
import { SourceChunks } from '../source-chunks.js'
import type { FrameRecord } from './frame-record.js'
import { isGenerationObserved, type Unread } from './generation-channels.js'
import { type FinishTracker, Recording } from './recording.js'
import type { FinishSettings } from './stream-finish.js'

type Result = IteratorResult<unknown, unknown>

/** How the chunks of a stream are recorded. */
export interface RecordingOptions extends FinishSettings {
  readonly tracker: FinishTracker
  readonly frames: FrameRecord
  /** The id of a resumable stream. */
  readonly streamId: string | undefined
  /** What nobody has read of a resumable stream. */
  readonly unread?: (() => Unread) | undefined
}

/** Whether a run of a source is recorded: somebody is told of its end. */
export function isRecorded({ onFinish }: FinishSettings): boolean {
  return onFinish !== undefined || isGenerationObserved()
}

/** Makes the chunks of a source. @param recording how they are recorded; `undefined` if they are not */
export function chunksOf(
  recording: RecordingOptions | undefined,
  ...source: ConstructorParameters<typeof SourceChunks>
): SourceChunks {
  return recording === undefined ? new SourceChunks(...source) : new RecordedChunks(...source, recording)
}

/** The chunks of a source whose end is told to `onFinish` or to diagnostics channels (E8). */
export class RecordedChunks extends SourceChunks {
  readonly #recording: Recording
  readonly #options: RecordingOptions
  readonly #log: FastifyReply['log']
  /** What the stream waits for. */
  #pending: Result | Promise<Result> | undefined
  #isClosed = false

  /** See `SourceChunks`. */
  constructor(
    given: unknown,
    reply: FastifyReply,
    options: FrameOptions & SourceOptions,
    maxEventBytes: number,
    codec: Codec,
    endId: string | undefined,
    recording: RecordingOptions
  ) {
    super(given, reply, options, maxEventBytes, codec, endId)
    const { text } = protocolOf(options.protocol)
    this.#log = reply.log
    this.#options = recording
    this.#recording = new Recording({
      ...recording,
      onFinish: recording.onFinish,
      unread: recording.unread,
      isObserved: isGenerationObserved(),
      reply,
      usageOf: options.usageOf,
      textOf: ({ event, data }) => text?.(data, event === options.event ? 'message' : event)
    })
  }

  override next(): Result | Promise<Result> {
    this.#recording.start()
    this.#pending = super.next()
    return this.#pending
  }

  override encode(result: Result): Chunk {
    this.#pending = undefined
    this.#recording.see(result.value)
    const chunk = super.encode(result)
    if (chunk.isLast) this.#recording.returned(result.value)
    else if (chunk.text !== '') this.#recording.sent(chunk.text)
    return chunk
  }

  override close(abort?: StreamAbort, error?: Error, waited = 0): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#recording.waited = waited
    const { onFinish, tracker } = this.#options
    const drainForUsage = onFinish === undefined ? 0 : (this.#options.drainForUsage ?? 0)
    if (!this.#recording.isStarted) {
      super.close(abort)
    } else if (abort === undefined || abort.reason === 'failed' || drainForUsage === 0) {
      super.close(abort)
      this.#recording.finish(abort, error, performance.now())
    } else {
      tracker.track(this.#drain(abort, error, drainForUsage))
    }
  }

  /** Lets the source give its last usage before it is cancelled. */
  async #drain(abort: StreamAbort, error: Error | undefined, ms: number): Promise<void> {
    const endedAt = performance.now()
    this.abortSignal(abort)
    const source = {
      next: () => this.skip(),
      see: (value: unknown, isLast: boolean) => {
        this.#recording.see(value)
        if (!isLast) this.#recording.dropped()
      }
    }
    try {
      await drain(source, this.#pending, this.#options.tracker.deadlines, ms)
    } catch (failure) {
      logError(this.#log, 'debug', failure, 'the source of an ended stream failed')
    }
    super.close(abort)
    this.#recording.finish(abort, error, endedAt)
  }
}
