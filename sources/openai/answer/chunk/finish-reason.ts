import { isObject } from './values.js'

/** Why a complete answer ended. `unknown`: it is complete, but the provider did not say why. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'function_call' | 'content_filter' | 'unknown'

/** How an answer ended, in the provider's word. Without a reason it is a failure. */
export type Ending = { reason: FinishReason; word: string } | { reason: undefined; word: string }

/**
 * The words that providers use, normalized: OpenAI, Anthropic, Cohere, Gemini (by name, and by the number in its
 * protocol buffers), Mistral, Together, Text Generation Inference, watsonx, Zhipu and Bedrock.
 *
 * Any other word is a failure: `error`, `abort`, `cancelled`, `timeout`, `insufficient_system_resource`,
 * `network_error`, `malformed_function_call`, and whatever else a provider calls an answer that is not complete.
 */
const WORDS: Record<FinishReason, readonly string[]> = {
  stop: [
    'stop',
    'stopped',
    'stop_sequence',
    'stop_token',
    'stop_string',
    'eos',
    'eos_token',
    'eos_found',
    'end'
  ].concat(['end_turn', 'end_of_turn', 'end_of_text', 'complete', 'completed', 'finished', 'done', 'success', '1']),
  length: ['length', 'max_tokens', 'max_token', 'max_length', 'max_new_tokens', 'max_output_tokens', 'token_limit']
    .concat(['model_length', 'context_length', 'context_length_exceeded', 'context_window_exceeded'])
    .concat(['model_context_window_exceeded', 'max_completion_tokens', 'error_limit', 'compaction', 'pause_turn'])
    .concat(['repetition', 'repetition_truncation', '2']),
  tool_calls: ['tool_calls', 'tool_call', 'tool_use'],
  function_call: ['function_call'],
  content_filter: ['content_filter', 'content_filtered', 'safety', 'recitation', 'language', 'blocklist', 'spii']
    .concat(['prohibited_content', 'image_safety', 'image_prohibited_content', 'image_recitation', 'refusal'])
    .concat(['sensitive', 'guardrail_intervened', 'error_toxic', 'moderation', '3', '4', '6', '7', '8']),
  unknown: ['unknown']
}

const REASONS = new Map(
  Object.entries(WORDS).flatMap(([reason, words]) => words.map(word => [word, reason as FinishReason] as const))
)

/** The numbers of Gemini's protocol buffers for what is no success by name: `OTHER`, and calls that are malformed. */
const FAILURES = new Set(['5', '9', '10', '12'])

/** What servers send instead of `null` while the answer goes on. */
const NO_END = new Set(['', '0', 'null', 'none', 'false', 'undefined', 'unspecified', 'not_finished', 'in_progress'])

/** @returns `undefined` where the answer goes on */
export function readEnding(value: unknown): Ending | undefined {
  if (value === null || value === undefined) return undefined
  const word = wordOf(value)
  if (word === undefined) return undefined
  const normal = word
    .trim()
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[\s-]+/g, '_')
    .replace(/^finish_?reason[._]/, '')
  if (NO_END.has(normal)) return undefined
  // Some servers send the stop token itself.
  if (/^<.*>$/.test(normal)) return { reason: 'stop', word }
  const isForeign = /^(_?\d+(\.\d+)?|true)$/.test(normal) && !FAILURES.has(normal)
  const reason = REASONS.get(normal) ?? (isForeign ? 'unknown' : undefined)
  return { reason, word }
}

/** SGLang has sent an object with a type. */
function wordOf(value: unknown): string | undefined {
  if (isObject(value)) return typeof value.type === 'string' ? value.type : undefined
  return typeof value === 'object' ? undefined : String(value)
}
