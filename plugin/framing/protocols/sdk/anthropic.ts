import { FST_SSE_SOURCE_TRUNCATED } from '../../../errors.js'
import type { SseEvent } from '../../../sse/event.js'
import type { ErrorData } from '../../failure.js'
import { type JsonItem, readJson, textAt, typedJsonItemOf } from '../json-item.js'
import type { Protocol, ProtocolStream } from '../protocol.js'

const TYPES: Record<number, string> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error'
}

/** An error in Anthropic's form. */
export function anthropicError({ statusCode, message }: ErrorData) {
  const type = TYPES[statusCode] ?? (statusCode < 500 ? 'invalid_request_error' : 'api_error')
  return { type, message }
}

/** The framing of Anthropic's Messages API: each event has its type as its name, and the last one is `message_stop`. */
class AnthropicStream implements ProtocolStream {
  #isComplete = false
  #hasBegun = false
  /** The indexes of the content blocks that have not ended. */
  readonly #open = new Set<unknown>()
  #outputTokens: unknown = 0

  item(item: unknown): SseEvent {
    const data = typedJsonItemOf(item, 'events of the Messages API')
    this.#track(data)
    return { event: data.type, data }
  }

  end(): undefined {
    if (!this.#isComplete) throw new FST_SSE_SOURCE_TRUNCATED('a message_stop')
  }

  error(failure: ErrorData): SseEvent {
    return { event: 'error', data: { type: 'error', error: anthropicError(failure) } }
  }

  /** Ends the message without a reason, as the API has none for it. A message that has not begun has no end either. */
  stopped(): SseEvent[] {
    if (!this.#hasBegun || this.#isComplete) return []
    const ends = [...this.#open].map(index => ({ type: 'content_block_stop', index }))
    const delta = { stop_reason: null, stop_sequence: null }
    const usage = { output_tokens: this.#outputTokens }
    return [...ends, { type: 'message_delta', delta, usage }, { type: 'message_stop' }].map(data => ({
      event: data.type,
      data
    }))
  }

  #track({ type, index, usage, message }: JsonItem): void {
    switch (type) {
      case 'message_start':
        this.#hasBegun = true
        this.#outputTokens = outputTokens((message as JsonItem | undefined)?.usage) ?? 0
        break
      case 'content_block_start':
        this.#open.add(index)
        break
      case 'content_block_stop':
        this.#open.delete(index)
        break
      case 'message_delta':
        this.#outputTokens = outputTokens(usage) ?? this.#outputTokens
        break
      case 'message_stop':
        this.#isComplete = true
    }
  }
}

function outputTokens(usage: unknown): unknown {
  return (usage as { output_tokens?: unknown } | undefined)?.output_tokens
}

export const anthropic: Protocol = {
  text: data => textAt(readJson(data), 'delta', 'text'),
  start: () => new AnthropicStream()
}
