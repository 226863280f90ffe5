import { FST_SSE_SOURCE_TRUNCATED } from '../../../errors.js'
import type { SseEvent } from '../../../sse/event.js'
import type { ErrorData } from '../../failure.js'
import { type JsonItem, readJson, textAt, typedJsonItemOf } from '../json-item.js'
import type { Protocol, ProtocolStream } from '../protocol.js'

/** The event that ends a run which has failed. */
export function runError({ message, code }: ErrorData): SseEvent {
  return { data: { type: 'RUN_ERROR', message, code } }
}

/** The event that ends what another one begins, and the field that both name it by. */
const ENDS: Readonly<Record<string, readonly [end: string, id: string]>> = {
  TEXT_MESSAGE_START: ['TEXT_MESSAGE_END', 'messageId'],
  TOOL_CALL_START: ['TOOL_CALL_END', 'toolCallId'],
  REASONING_START: ['REASONING_END', 'messageId'],
  REASONING_MESSAGE_START: ['REASONING_MESSAGE_END', 'messageId'],
  STEP_STARTED: ['STEP_FINISHED', 'stepName'],
  SUBAGENT_STARTED: ['SUBAGENT_FINISHED', 'subagentRunId']
}

/** The events of AG-UI: unnamed, from `RUN_STARTED` to `RUN_FINISHED` or `RUN_ERROR`. */
class AgUiStream implements ProtocolStream {
  #isComplete = false
  /** The event that has begun the run. */
  #run: JsonItem | undefined
  /** The events that end what has begun and not ended, by their type and id. */
  readonly #open = new Map<string, JsonItem>()

  item(item: unknown): SseEvent {
    const data = typedJsonItemOf(item, 'events of AG-UI')
    this.#track(data)
    return { data }
  }

  end(): undefined {
    if (!this.#isComplete) throw new FST_SSE_SOURCE_TRUNCATED('a RUN_FINISHED or RUN_ERROR')
  }

  error(failure: ErrorData): SseEvent {
    return runError(failure)
  }

  /** A run that has not begun has no end either. */
  stopped(): SseEvent[] {
    if (this.#run === undefined || this.#isComplete) return []
    const { threadId, runId } = this.#run
    const ends = [...this.#open.values()].reverse().map(data => ({ data }))
    return [...ends, { data: { type: 'RUN_FINISHED', threadId, runId, outcome: { type: 'cancelled' } } }]
  }

  #track(event: JsonItem & { readonly type: string }): void {
    const { type } = event
    this.#isComplete = type === 'RUN_FINISHED' || type === 'RUN_ERROR'
    if (type === 'RUN_STARTED') {
      this.#run = event
      this.#open.clear()
    }
    const [end, id] = ENDS[type] ?? []
    if (end === undefined || id === undefined) {
      if (/_(END|FINISHED|ERROR)$/.test(type)) this.#close(event)
      return
    }
    const { [id]: value, subagentRunId } = event
    this.#open.set(`${end} ${value}`, { type: end, [id]: value, subagentRunId })
  }

  /** A subagent that fails has ended too. */
  #close(event: JsonItem & { readonly type: string }): void {
    const type = event.type.replace('SUBAGENT_ERROR', 'SUBAGENT_FINISHED')
    const [, id = ''] = Object.values(ENDS).find(([end]) => end === type) ?? []
    this.#open.delete(`${type} ${event[id]}`)
  }
}

export const agUiEvents: Protocol = {
  text(data) {
    const event = readJson(data)
    return event.type === 'TEXT_MESSAGE_CONTENT' ? textAt(event, 'delta') : undefined
  },
  start: () => new AgUiStream()
}
