import type { Finish, Usage } from '../../../answer/finish.js'
import { finishWords } from '../../../answer/finish-words.js'
import type { ErrorData } from '../../../failure.js'
import type { OutputItem } from './output.js'

/** What is known of a response before its answer: its id, and the parameters that the client gets back. */
export interface ResponseHead {
  /** `resp_` and the name that the ids of its items share. */
  readonly id: string
  readonly object: 'response'
  /** When the response was created, in seconds since 1970. */
  readonly created_at: number
  readonly model: string
  /** Whether it runs without a client, so that it is queued before it runs. */
  readonly background: boolean
  readonly [parameter: string]: unknown
}

/** The states of a response. */
export type ResponseStatus = 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled'

/** The number of tokens in a prompt and its answer. */
export interface ResponseUsage {
  input_tokens: number
  input_tokens_details: { cached_tokens: number }
  output_tokens: number
  output_tokens_details: { reasoning_tokens: number }
  total_tokens: number
}

/** How a response is, or how it ended. */
export interface ResponseState {
  readonly status: ResponseStatus
  readonly error: { code: string; message: string } | null
  readonly incomplete_details: { reason: string } | null
  readonly completed_at: number | null
  readonly usage: ResponseUsage | null
}

/** A response (OpenAI's API). */
export type ResponseObject = ResponseHead & ResponseState & { readonly output: readonly OutputItem[] }

/** The response as far as it has got. */
export function responseOf(head: ResponseHead, output: readonly OutputItem[], state: ResponseState): ResponseObject {
  return { ...head, ...state, output }
}

/** A response that has not ended. */
export function running(status: 'queued' | 'in_progress'): ResponseState {
  return { status, error: null, incomplete_details: null, completed_at: null, usage: null }
}

/** A response that ended as the model says. */
export function finished({ finishReason, usage }: Finish): ResponseState {
  const reason = finishWords.responses[finishReason]
  const isComplete = reason === undefined
  return {
    status: isComplete ? 'completed' : 'incomplete',
    error: null,
    incomplete_details: isComplete ? null : { reason },
    completed_at: isComplete ? Math.floor(Date.now() / 1000) : null,
    usage: usage === undefined ? null : toResponseUsage(usage)
  }
}

/** A response that was stopped on request. */
export const CANCELLED: ResponseState = { ...running('in_progress'), status: 'cancelled' }

/** A response that failed. */
export function failed({ statusCode, message }: ErrorData): ResponseState {
  return { ...running('in_progress'), status: 'failed', error: { code: codeOf(statusCode), message } }
}

/** The API has a closed list of codes. */
function codeOf(statusCode: number): string {
  if (statusCode === 429) return 'rate_limit_exceeded'
  return statusCode < 500 ? 'invalid_prompt' : 'server_error'
}

function toResponseUsage(usage: Usage): ResponseUsage {
  const { promptTokens, completionTokens, totalTokens, cachedPromptTokens = 0, reasoningTokens = 0 } = usage
  return {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: cachedPromptTokens },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: totalTokens
  }
}
