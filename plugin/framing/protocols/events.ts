import { FST_SSE_EVENT_INVALID } from '../../errors.js'
import type { SseEvent } from '../../sse/event.js'
import type { ErrorData } from '../failure.js'
import type { BuiltInProtocol, ItemStream, StreamContext } from './protocol.js'

/**
 * The plugin's own events, for EventSource: the items of the source, then `done` (E3), `error` if it fails (E2), or
 * `stopped` if it is stopped on request (E5).
 */
export const events: BuiltInProtocol = {
  reconnects: true,
  isVerbatim: true,
  text: (data, name) => (name === 'message' ? data : undefined),
  start: context => new EventItems(context)
}

class EventItems implements ItemStream {
  readonly #context: StreamContext

  constructor(context: StreamContext) {
    this.#context = context
  }

  item(item: unknown): unknown {
    if (item === undefined) throw new FST_SSE_EVENT_INVALID('data must be text or a JSON value, but it is undefined')
    return item
  }

  end(returned: unknown): SseEvent | undefined {
    const { end = 'done', result } = this.#context
    if (end === false) return undefined
    return typeof end === 'string' ? { event: end, data: result(returned === undefined ? {} : returned) } : end
  }

  error(data: ErrorData): SseEvent {
    return { event: 'error', data }
  }

  stopped(): SseEvent {
    return { event: 'stopped', data: {} }
  }
}
