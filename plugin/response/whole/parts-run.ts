import type { FastifyReply } from 'fastify'
import { toEvent } from '../../framing/answer/answer-events.js'
import { AnswerParts } from '../../framing/answer/answer-parts.js'
import { type Finish, finishOf } from '../../framing/answer/finish.js'
import { type AnswerPart, partOf } from '../../framing/answer/part.js'
import { plainCodec } from '../../framing/codec.js'
import { RecordedChunks, type RecordingOptions } from '../../framing/finish/recorded-chunks.js'
import type { SseSource } from '../../source/source.js'
import { SourceRun } from '../../source/source-run.js'
import type { StreamAbort } from '../../source/stream-abort.js'
import { END_ID } from '../../sse/last-event-id.js'
import { ignoreRejection } from '../../util/promise.js'
import type { Collected, CollectedRun } from './collect.js'
import { SizeLimit } from './size-limit.js'

type Result = IteratorResult<unknown, unknown>

/** Makes one body of the parts of an answer. */
export class PartsRun implements CollectedRun<object> {
  readonly #run: SourceRun | RecordedChunks
  readonly #toBody: (answer: AnswerParts, finish: Finish) => object | Promise<object>
  readonly #size: SizeLimit
  readonly #answer = new AnswerParts()

  /** @param recording how the end of the source is told to `onFinish`; `undefined` if it is not */
  constructor(
    source: SseSource<AnswerPart>,
    reply: FastifyReply,
    toBody: (answer: AnswerParts, finish: Finish) => object | Promise<object>,
    maxBytes: number,
    recording: RecordingOptions | undefined
  ) {
    this.#toBody = toBody
    this.#size = new SizeLimit(maxBytes)
    const map = (item: unknown) => toEvent(partOf(item))
    this.#run =
      recording === undefined
        ? new SourceRun(source, reply)
        : new RecordedChunks(source, reply, { map }, Number.POSITIVE_INFINITY, plainCodec, END_ID, recording)
  }

  next(): Result | Promise<Result> {
    return this.#run.next()
  }

  encode(result: Result): Collected<object> {
    if (result.done) {
      ignoreRejection(result.value)
      const finish = finishOf(result.value)
      this.#answer.finish(finish)
      const body = this.#toBody(this.#answer, finish)
      this.#record(result)
      return { isLast: true, body }
    }
    const part = partOf(result.value)
    this.#size.add(part)
    this.#answer.add(part)
    this.#record(result)
    return { isLast: false }
  }

  /** Records a result. The last one may take two calls. */
  #record(result: Result): void {
    const run = this.#run
    if (!(run instanceof RecordedChunks)) return
    const { isLast } = run.encode(result)
    if (result.done && !isLast) run.encode(result)
  }

  close(abort?: StreamAbort, error?: Error): void {
    const run = this.#run
    if (run instanceof RecordedChunks) run.close(abort, error)
    else if (abort !== undefined) run.cancel(abort)
  }
}
