import type { FastifyReply, FastifyRequest } from 'fastify'
import type { SseSource } from '../../plugin/index.js'
import { type AnswerPart, type Finish, finishOf } from '../../plugin/toolkit.js'
import { type Generate, type GenerateRequest, sourceOf } from '../generate.js'
import { InnerRun } from '../inner-run.js'
import type { ActiveStreams, Chat } from './active-streams.js'

type Result = IteratorResult<AnswerPart, Finish>

/** A source whose stream is known as long as it runs. */
export interface TrackedSource {
  readonly source: SseSource<AnswerPart, Finish>
  /** The stream of the source has begun. Called before the source is. */
  begin(chat: Chat, stream: string): void
}

/** Makes the source of an answer. What `activeStreams` throws is logged: the answer goes on without being found. */
export function trackedSource(
  generate: Generate,
  asked: GenerateRequest,
  request: FastifyRequest,
  reply: FastifyReply,
  activeStreams: ActiveStreams
): TrackedSource {
  const answer = sourceOf(generate, asked, request)
  let forget = async () => {}

  async function attempt(call: () => unknown): Promise<void> {
    try {
      await call()
    } catch (error) {
      request.log.error({ err: error }, 'the active streams of chats failed')
    }
  }

  return {
    source: ({ signal }) => {
      // A source that is ended may take its time, or never notice.
      signal.addEventListener('abort', () => void forget(), { once: true })
      const parts = new TrackedParts(new InnerRun(answer, reply, signal), () => forget())
      return { [Symbol.asyncIterator]: () => parts }
    },
    begin(chat, stream) {
      const begun = attempt(() => activeStreams.set(chat, stream))
      let forgotten: Promise<void> | undefined
      forget = () => {
        forgotten ??= begun.then(() => attempt(() => activeStreams.delete(chat, stream)))
        return forgotten
      }
    }
  }
}

/** The parts of an answer. The stream is forgotten before its client gets the end: nobody follows it any more. */
class TrackedParts implements AsyncIterator<AnswerPart, Finish> {
  readonly #run: InnerRun
  readonly #forget: () => Promise<void>

  constructor(run: InnerRun, forget: () => Promise<void>) {
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
      await this.#forget()
      return { done: true, value }
    } catch (error) {
      await this.#forget()
      throw error
    }
  }

  async return(): Promise<Result> {
    this.#run.release()
    return { done: true, value: undefined as never }
  }
}
