import { FST_SSE_SOURCE_TRUNCATED } from '../../../errors.js'
import type { SseEvent } from '../../../sse/event.js'
import type { ErrorData } from '../../failure.js'
import { ResponseSnapshot } from '../api/response-snapshot.js'
import { type JsonItem, jsonItemOf, readJson, textAt } from '../json-item.js'
import type { Protocol, ProtocolStream } from '../protocol.js'

/** The data of the last event of a chat completion. */
const SENTINEL = '[DONE]'

/** Matches the type of the last event of the Responses API, and of OpenAI's other typed streams. */
const LAST_TYPE = /^(response\.(completed|incomplete|failed|cancelled)|(?!response\.).+\.(completed|done))$/

/** The `error` object of OpenAI's API. */
export interface OpenAiError {
  message: string
  /** The kind of error, which follows from its status. */
  type: string
  param: string | null
  code: string | null
}

const TYPES: Record<number, string> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error'
}

/** An error in OpenAI's form. */
export function openAiError({ statusCode, code, message }: ErrorData): OpenAiError {
  const type = TYPES[statusCode] ?? (statusCode < 500 ? 'invalid_request_error' : 'server_error')
  return { message, type, param: null, code }
}

/**
 * The framing of OpenAI's API. Chunks of chat completions are unnamed events, and end with `[DONE]`. Events of the
 * Responses API have their type as their name, and end with an event such as `response.completed`.
 */
class OpenAiStream implements ProtocolStream {
  #isComplete = false
  #sequence = -1
  /** The last chunk of a chat completion. */
  #last: JsonItem | undefined
  /** Set by the first item with a `type`, as those of the Responses API have. */
  #response: ResponseSnapshot | undefined

  item(item: unknown): SseEvent {
    const data = jsonItemOf(item, 'chunks of chat completions, or events of the Responses API')
    if (typeof data.type !== 'string') {
      this.#isComplete ||= hasFinished(data)
      this.#last = data
      return { data }
    }
    this.#response ??= new ResponseSnapshot()
    this.#response.add(data)
    this.#isComplete = LAST_TYPE.test(data.type)
    if (typeof data.sequence_number === 'number') this.#sequence = data.sequence_number
    return { event: data.type, data }
  }

  end(): SseEvent | undefined {
    if (!this.#isComplete) {
      throw new FST_SSE_SOURCE_TRUNCATED(this.#response ? 'an event that completes it' : 'a finish_reason')
    }
    return this.#response ? undefined : { data: SENTINEL }
  }

  error(failure: ErrorData): SseEvent {
    const error = openAiError(failure)
    if (this.#response === undefined) return { data: { error } }
    // The fields of the Responses API, and the nested `error` that OpenAI's own clients look for.
    const { code, message, param } = error
    return {
      event: 'error',
      data: { type: 'error', code, message, param, sequence_number: this.#sequence + 1, error }
    }
  }

  stopped(): SseEvent | SseEvent[] | undefined {
    if (this.#response !== undefined) return this.#isComplete ? undefined : this.#cancelled(this.#response)
    const last = this.#last === undefined || this.#isComplete ? [] : [{ data: abortedChunk(this.#last) }]
    return [...last, { data: SENTINEL }]
  }

  /** The API has no event for a response that was cancelled, but a status. */
  #cancelled(response: ResponseSnapshot): SseEvent {
    const type = 'response.incomplete'
    return {
      event: type,
      data: { type, sequence_number: this.#sequence + 1, response: response.cancelled() }
    }
  }
}

/** The finish reason of inference servers for a request that was cancelled. OpenAI's API has no word for it. */
export const ABORTED = 'abort'

/** The chunk that ends all choices of a chat completion. @param last the chunk before it */
function abortedChunk({ usage: _, choices, ...head }: JsonItem): object {
  const indexes = Array.isArray(choices) && choices.length > 0 ? choices.map(choice => choice?.index ?? 0) : [0]
  return { ...head, choices: indexes.map(index => ({ index, delta: {}, finish_reason: ABORTED })) }
}

function hasFinished({ choices }: JsonItem): boolean {
  return Array.isArray(choices) && choices.some(choice => Boolean(choice?.finish_reason))
}

/** The text of a chunk of a chat completion, of its first choice. */
export function completionText(data: string): string | undefined {
  return textAt(readJson(data), 'choices', 0, 'delta', 'content')
}

export const openai: Protocol = {
  text: (data, name) =>
    name === 'response.output_text.delta' ? textAt(readJson(data), 'delta') : completionText(data),
  start: () => new OpenAiStream()
}
