import type { FastifyRequest } from 'fastify'
import type { SseSource } from '../../plugin/index.js'
import { type AnswerPart, type Finish, finishOf } from '../../plugin/toolkit.js'
import { type Generate, type GenerateRequest, nameAnswerer } from '../generate.js'
import type { ActiveStreams, Chat } from './active-streams.js'

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
  activeStreams: ActiveStreams
): TrackedSource {
  nameAnswerer(generate, request)
  let forget = async () => {}

  async function attempt(call: () => unknown): Promise<void> {
    try {
      await call()
    } catch (error) {
      request.log.error({ err: error }, 'the active streams of chats failed')
    }
  }

  return {
    source: async function* ({ signal }) {
      // A source that is ended may take its time, or never notice.
      signal.addEventListener('abort', () => void forget(), { once: true })
      try {
        // A protocol may take a source that returns nothing for one that has ended well. A `generate` has not.
        return finishOf(yield* await generate(asked, { signal, request }))
      } finally {
        await forget()
      }
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
