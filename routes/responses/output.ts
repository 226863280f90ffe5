import { randomBytes } from 'node:crypto'
import type { ResponseHead } from '../../plugin/toolkit.js'
import type { ResponsesRequest } from './input.js'

/** The parameters that a client gets back, with the values that OpenAI's API has for those that it does not send. */
const DEFAULTS = {
  instructions: null,
  previous_response_id: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  presence_penalty: 0,
  frequency_penalty: 0,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  service_tier: 'default',
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  user: null
} as const

/** What a new response is known by. */
export function newResponse({ body, options, background, store }: ResponsesRequest): ResponseHead {
  const parameters = Object.entries(DEFAULTS).map(([name, value]) => [name, body[name] ?? value])
  return {
    id: `resp_${randomBytes(16).toString('hex')}`,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    model: options.model,
    ...Object.fromEntries(parameters),
    background,
    store
  }
}

/** A place in the output of a response. */
export interface ItemPlace {
  readonly responseId: string
  readonly index: number
}

const ITEM_ID = /^(?:msg|rs|fc)_([0-9a-f]{32})_(\d{1,9})$/
const RESPONSE_ID = /^resp_[0-9a-f]{32}$/

/** Where the item with an id is; `undefined` if no item of this server has such an id. */
export function placeOf(itemId: string): ItemPlace | undefined {
  const [, name, index] = ITEM_ID.exec(itemId) ?? []
  return name === undefined ? undefined : { responseId: `resp_${name}`, index: Number(index) }
}

/** Whether a text has the form of the id of a response. */
export function isResponseId(id: string): boolean {
  return RESPONSE_ID.test(id)
}
