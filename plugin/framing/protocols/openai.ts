import { FST_SSE_SOURCE_TRUNCATED } from '../../errors.js'
import type { SseEvent } from '../../sse/event.js'
import type { ErrorData } from '../failure.js'
import { type JsonItem, jsonItemOf } from './json-item.js'
import type { Protocol, ProtocolStream } from './protocol.js'

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
  /** Whether the items have a `type`, as those of the Responses API do. */
  #isTyped = false
  #isComplete = false
  #sequence = -1

  item(item: unknown): SseEvent {
    const data = jsonItemOf(item, 'chunks of chat completions, or events of the Responses API')
    if (typeof data.type !== 'string') {
      this.#isComplete ||= hasFinished(data)
      return { data }
    }
    this.#isTyped = true
    this.#isComplete = LAST_TYPE.test(data.type)
    if (typeof data.sequence_number === 'number') this.#sequence = data.sequence_number
    return { event: data.type, data }
  }

  end(): SseEvent | undefined {
    if (!this.#isComplete) {
      throw new FST_SSE_SOURCE_TRUNCATED(this.#isTyped ? 'an event that completes it' : 'a finish_reason')
    }
    return this.#isTyped ? undefined : { data: SENTINEL }
  }

  error(failure: ErrorData): SseEvent {
    const error = openAiError(failure)
    if (!this.#isTyped) return { data: { error } }
    // The fields of the Responses API, and the nested `error` that OpenAI's own clients look for.
    const { code, message, param } = error
    return {
      event: 'error',
      data: { type: 'error', code, message, param, sequence_number: this.#sequence + 1, error }
    }
  }
}

function hasFinished({ choices }: JsonItem): boolean {
  return Array.isArray(choices) && choices.some(choice => Boolean(choice?.finish_reason))
}

export const openai: Protocol = { start: () => new OpenAiStream() }
