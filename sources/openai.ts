import { Value } from '@sinclair/typebox/value'
import OpenAI, { APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai'
import type { CompletionUsage } from 'openai/resources/completions'
import { type Finish, type Generate, Usage } from '../routes/index.js'
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
        // Servers that are only nearly compatible leave out what the SDK's types promise.
        const choice = chunk.choices?.[0]
        const text = choice?.delta?.content || choice?.delta?.refusal
        if (text) yield text
        finishReason = choice?.finish_reason || finishReason
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
  const counts = {
    promptTokens: usage?.prompt_tokens,
    completionTokens: usage?.completion_tokens,
    totalTokens: usage?.total_tokens
  }
  return Value.Check(Usage, counts) ? { finishReason, usage: counts } : { finishReason }
}

function toProviderError(error: unknown): unknown {
  if (error instanceof APIUserAbortError || error instanceof FST_SSE_PROVIDER_LOST) return error
  if (error instanceof APIConnectionTimeoutError) {
    return new FST_SSE_PROVIDER_LOST('did not answer in time', { cause: error })
  }
  const status = error instanceof APIError ? statusOf(error) : undefined
  if (status === undefined) return new FST_SSE_PROVIDER_LOST('could not be reached, or broke off', { cause: error })
  const refused = new FST_SSE_PROVIDER_REFUSED(status, HINTS[status] ?? 'see the log', { cause: error })
  const retryAfter = (error as APIError).headers?.get('retry-after')
  const headers = retryAfter ? { headers: { 'retry-after': retryAfter } } : {}
  return status >= 400 && status <= 599 ? Object.assign(refused, { statusCode: status }, headers) : refused
}

/** The status of the provider's response, or of an error in the middle of one that began well. */
function statusOf({ status, code }: APIError): number | undefined {
  return status ?? (typeof code === 'number' ? code : undefined)
}
