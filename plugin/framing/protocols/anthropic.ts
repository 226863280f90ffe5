import { FST_SSE_SOURCE_TRUNCATED } from '../../errors.js'
import type { SseEvent } from '../../sse/event.js'
import type { ErrorData } from '../failure.js'
import { typedJsonItemOf } from './json-item.js'
import type { Protocol, ProtocolStream } from './protocol.js'

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

/** The framing of Anthropic's Messages API: each event has its type as its name, and the last one is `message_stop`. */
class AnthropicStream implements ProtocolStream {
  #isComplete = false

  item(item: unknown): SseEvent {
    const data = typedJsonItemOf(item, 'events of the Messages API')
    this.#isComplete ||= data.type === 'message_stop'
    return { event: data.type, data }
  }

  end(): undefined {
    if (!this.#isComplete) throw new FST_SSE_SOURCE_TRUNCATED('a message_stop')
  }

  error({ statusCode, message }: ErrorData): SseEvent {
    const type = TYPES[statusCode] ?? (statusCode < 500 ? 'invalid_request_error' : 'api_error')
    return { event: 'error', data: { type: 'error', error: { type, message } } }
  }
}

export const anthropic: Protocol = { start: () => new AnthropicStream() }
