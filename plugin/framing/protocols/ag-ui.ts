import { FST_SSE_SOURCE_TRUNCATED } from '../../errors.js'
import type { SseEvent } from '../../sse/event.js'
import type { ErrorData } from '../failure.js'
import { typedJsonItemOf } from './json-item.js'
import type { Protocol, ProtocolStream } from './protocol.js'

/** The event that ends a run which has failed. */
export function runError({ message, code }: ErrorData): SseEvent {
  return { data: { type: 'RUN_ERROR', message, code } }
}

/** The events of AG-UI: unnamed, from `RUN_STARTED` to `RUN_FINISHED` or `RUN_ERROR`. */
class AgUiStream implements ProtocolStream {
  #isComplete = false

  item(item: unknown): SseEvent {
    const data = typedJsonItemOf(item, 'events of AG-UI')
    this.#isComplete = data.type === 'RUN_FINISHED' || data.type === 'RUN_ERROR'
    return { data }
  }

  end(): undefined {
    if (!this.#isComplete) throw new FST_SSE_SOURCE_TRUNCATED('a RUN_FINISHED or RUN_ERROR')
  }

  error(failure: ErrorData): SseEvent {
    return runError(failure)
  }
}

export const agUiEvents: Protocol = { start: () => new AgUiStream() }
