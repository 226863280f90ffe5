import type { FastifyReply, FastifyRequest } from 'fastify'
import type { SseSource } from '../../plugin/index.js'
import { type AnswerPart, type Finish, finishOf } from '../../plugin/toolkit.js'
import { type Generate, type GenerateRequest, sourceOf } from '../generate.js'
import { InnerRun } from '../inner-run.js'
import type { Chat } from './active-streams.js'
import type { TrackedStreams } from './tracked-streams.js'

type Result = IteratorResult<AnswerPart, Finish>

/** A source whose stream is known as long as it runs. */
export interface TrackedSource {
  readonly source: SseSource<AnswerPart, Finish>
  /** Says which stream has the source, before it starts. A stream that is refused is never known. */
  identify(chat: Chat, stream: string): void
}

/**
 * Makes the source of an answer. The answer waits for nothing of `activeStreams`, and goes on without being found if
 * that fails, which is logged.
 */
export function trackedSource(
  generate: Generate,
  asked: GenerateRequest,
  request: FastifyRequest,
  reply: FastifyReply,
  streams: TrackedStreams
): TrackedSource {
  const answer = sourceOf(generate, asked, request)
  const report = (error: unknown) => request.log.error({ err: error }, 'the active streams of chats failed')
  let begin = () => () => {}
  return {
    source: ({ signal }) => {
      const forget = begin()
      // A source that is ended may take its time, or never notice.
      signal.addEventListener('abort', forget, { once: true })
      const parts = new TrackedParts(new InnerRun(answer, reply, signal), forget)
      return { [Symbol.asyncIterator]: () => parts }
    },
    identify(chat, stream) {
      begin = () => streams.begin(chat, stream, report)
    }
  }
}

/** The parts of an answer. The stream is forgotten before its client gets the end: nobody follows it any more. */
class TrackedParts implements AsyncIterator<AnswerPart, Finish> {
  readonly #run: InnerRun
  readonly #forget: () => void

  constructor(run: InnerRun, forget: () => void) {
    this.#run = run
    this.#forget = forget
  }

  async next(): Promise<Result> {
    try {
      const result = await this.#run.next()
      // The protocol checks what the parts are.
      if (!result.done) return result as IteratorYieldResult<AnswerPart>
      // A protocol may take a source that returns nothing for one that has ended well. A `generate` has not.
      const value = finishOf(result.value)
      this.#forget()
      return { done: true, value }
    } catch (error) {
      this.#forget()
      throw error
    }
  }

  async return(): Promise<Result> {
    this.#run.release()
    return { done: true, value: undefined as never }
  }
}
