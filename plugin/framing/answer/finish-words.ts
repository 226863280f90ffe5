import type { FinishReason } from './finish.js'

/** The word for each reason in the APIs of clients. */
export const finishWords = {
  /** Chat completions: `finish_reason`. */
  chat: {
    stop: 'stop',
    length: 'length',
    tool_calls: 'tool_calls',
    function_call: 'tool_calls',
    content_filter: 'content_filter',
    unknown: 'stop'
  },
  /** Responses: the reason in `incomplete_details`; `undefined` for a response that is complete. */
  responses: {
    stop: undefined,
    length: 'max_output_tokens',
    tool_calls: undefined,
    function_call: undefined,
    content_filter: 'content_filter',
    unknown: undefined
  },
  /** Messages: `stop_reason`. */
  anthropic: {
    stop: 'end_turn',
    length: 'max_tokens',
    tool_calls: 'tool_use',
    function_call: 'tool_use',
    content_filter: 'refusal',
    unknown: 'end_turn'
  },
  /** The UI message stream of the AI SDK: `finishReason`. */
  'ai-sdk': {
    stop: 'stop',
    length: 'length',
    tool_calls: 'tool-calls',
    function_call: 'tool-calls',
    content_filter: 'content-filter',
    unknown: 'other'
  }
} as const satisfies Record<string, Record<FinishReason, string | undefined>>

/**
 * Says why an answer ended in the words of an API.
 *
 * @param hasToolCalls whether the answer calls tools: clients call them only if the reason says so
 */
export function finishWord<Word>(words: Record<FinishReason, Word>, reason: FinishReason, hasToolCalls: boolean): Word {
  const isEnd = reason === 'stop' || reason === 'unknown'
  return words[hasToolCalls && isEnd ? 'tool_calls' : reason]
}
