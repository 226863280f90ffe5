import OpenAI, { APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai'
import type { CompletionUsage } from 'openai/resources/completions'
import type { Finish, Generate } from '../routes/index.js'
import { FST_SSE_PROVIDER_LOST, FST_SSE_PROVIDER_REFUSED } from './errors.js'

export interface OpenAiOptions {
  /** Where the server is. Default: OpenAI's own. */
  baseURL?: string | undefined
  /** Servers on one's own machine mostly need none. */
  apiKey?: string | undefined
  model: string
  /** How long the provider may take to begin its answer. Milliseconds. Default: 600000. */
  timeout?: number | undefined
}

/** What a client may be told of the provider's own words: an answer to a wrong key repeats parts of it. */
const HINTS: Record<number, string> = {
  401: 'it does not accept the key of this server',
  403: 'it does not let this server use the model',
  404: 'it does not know the model',
  429: 'too many requests, try again later'
}

/** Streams from any server that speaks OpenAI's chat completions: vLLM, llama.cpp, Ollama, OpenAI. */
export function openAiSource({ baseURL, apiKey = 'none', model, timeout }: OpenAiOptions): Generate {
  // A retry would hide a 429 until the response has begun. What goes wrong is thrown, so the SDK need not log it too.
  const client = new OpenAI({ baseURL, apiKey, timeout, maxRetries: 0, logLevel: 'off' })

  return async function* ({ messages }, { signal }) {
    try {
      const stream = await client.chat.completions.create(
        { model, messages, stream: true, stream_options: { include_usage: true } },
        { signal }
      )
      let finishReason: string | undefined
      let usage: CompletionUsage | undefined
      for await (const chunk of stream) {
        const [choice] = chunk.choices
        if (choice?.delta.content) yield choice.delta.content
        finishReason = choice?.finish_reason ?? finishReason
        usage = chunk.usage ?? usage
      }
      // The SDK's loop ends without an error when the connection of the provider does.
      if (finishReason === undefined) throw new FST_SSE_PROVIDER_LOST('ended its answer too early')
      return toFinish(finishReason, usage)
    } catch (error) {
      throw toProviderError(error)
    }
  }
}

function toFinish(finishReason: string, usage: CompletionUsage | undefined): Finish {
  if (usage === undefined) return { finishReason }
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: totalTokens } = usage
  return { finishReason, usage: { promptTokens, completionTokens, totalTokens } }
}

function toProviderError(error: unknown): unknown {
  if (error instanceof APIUserAbortError || error instanceof FST_SSE_PROVIDER_LOST) return error
  if (error instanceof APIConnectionTimeoutError)
    return new FST_SSE_PROVIDER_LOST('did not answer in time', { cause: error })
  if (!(error instanceof APIError) || error.status === undefined) {
    return new FST_SSE_PROVIDER_LOST('could not be reached, or broke off', { cause: error })
  }
  const refused = new FST_SSE_PROVIDER_REFUSED(error.status, HINTS[error.status] ?? 'see the log', { cause: error })
  const retryAfter = error.headers?.get('retry-after')
  return Object.assign(
    refused,
    { statusCode: error.status },
    retryAfter ? { headers: { 'retry-after': retryAfter } } : {}
  )
}
