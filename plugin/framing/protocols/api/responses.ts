import type { SseEvent } from '../../../sse/event.js'
import { type Finish, finishOf } from '../../answer/finish.js'
import { type AnswerPart, partOf } from '../../answer/part.js'
import type { ErrorData } from '../../failure.js'
import { readJson, textAt } from '../json-item.js'
import type { Protocol, ProtocolStream } from '../protocol.js'
import type { ResponseBuilder } from './responses/response-builder.js'

/**
 * A step of a response that is no part of its answer: its beginning, before there is a part, or the end of the answer,
 * before the end of the source. Each event of a log that is kept can then be resumed after.
 */
export class ResponseStep {
  readonly finish: Finish | undefined

  /** @param finish how the answer ended; `undefined` for the beginning */
  constructor(finish?: Finish) {
    this.finish = finish
  }
}

/**
 * A protocol that makes the events of a response (OpenAI's Responses API) from the parts of an answer. The built-in
 * protocol `'openai'` takes complete events instead, as OpenAI's SDK yields them.
 *
 * The source must return a `Finish`.
 *
 * @param builder a new one for each response. It holds the response when the source has ended
 */
export function responses(builder: ResponseBuilder): Protocol<AnswerPart | ResponseStep> {
  return {
    text: (data, name) => (name === 'response.output_text.delta' ? textAt(readJson(data), 'delta') : undefined),
    start: () => new ResponsesStream(builder)
  }
}

class ResponsesStream implements ProtocolStream<AnswerPart | ResponseStep> {
  readonly #builder: ResponseBuilder

  constructor(builder: ResponseBuilder) {
    this.#builder = builder
  }

  item(item: AnswerPart | ResponseStep): SseEvent[] {
    if (!(item instanceof ResponseStep)) return this.#builder.add(partOf(item))
    return item.finish === undefined ? this.#builder.begin() : this.#builder.finish(item.finish)
  }

  end(returned: unknown): SseEvent[] {
    const closed = this.#builder.isFinished ? [] : this.#builder.finish(finishOf(returned))
    return [...closed, ...this.#builder.end()]
  }

  error(failure: ErrorData): SseEvent[] {
    return this.#builder.fail(failure)
  }

  stopped(): SseEvent[] {
    return this.#builder.cancel()
  }
}
