import { FST_SSE_OPTION_INVALID } from '../plugin/toolkit.js'
import type { Finish, Generate } from '../routes/generate.js'
import { ChatStream } from './chat-stream.js'
import { withoutLimits } from './dispatcher.js'
import { FST_SSE_PROVIDER_LOST, FST_SSE_PROVIDER_REFUSED, refusal } from './errors.js'
import { quote, quoteBody } from './quote.js'

export interface OpenAiOptions {
  /** Where the server is. Default: OpenAI's own. */
  baseURL?: string | undefined
  /** Servers on one's own machine mostly need none. */
  apiKey?: string | undefined
  model: string
  /**
   * How long the provider may take to begin its answer, which may then take, and pause for, as long as it likes. To
   * connect it has the 10 s that fetch gives. Milliseconds, at most 2147483647. Default: 600000.
   */
  timeout?: number | undefined
}

/** What is read of a chunk. Servers that are only nearly compatible leave out any of it. */
interface Chunk {
  choices?: { delta?: { content?: string | null; refusal?: string | null } | null; finish_reason?: string | null }[]
  usage?: ChunkUsage | null
  error?: { code?: unknown }
}

interface ChunkUsage {
  prompt_tokens?: unknown
  completion_tokens?: unknown
  total_tokens?: unknown
}

/**
 * Streams from any server that speaks OpenAI's chat completions: vLLM, llama.cpp, Ollama, OpenAI.
 *
 * @throws FST_SSE_OPTION_INVALID
 */
export function openAiSource({
  baseURL = 'https://api.openai.com/v1',
  apiKey = '',
  model,
  timeout = 600_000
}: OpenAiOptions): Generate {
  // What fetch says of a header that it does not take repeats it.
  if (!/^[\x21-\x7e]*$/.test(apiKey)) throw new FST_SSE_OPTION_INVALID('apiKey', 'takes visible ASCII characters')
  const url = `${baseURL.replace(/\/+$/, '')}/chat/completions`
  const headers = new Headers({
    accept: 'text/event-stream',
    authorization: `Bearer ${apiKey || 'none'}`,
    'content-type': 'application/json'
  })

  return async function* ({ messages }, { signal }) {
    const call = new AbortController()
    const leave = () => call.abort(signal.reason)
    const timer = setTimeout(() => call.abort(new Error(`timed out after ${timeout} ms`)), timeout)
    try {
      try {
        signal.throwIfAborted()
        signal.addEventListener('abort', leave)
        const body = JSON.stringify({ model, messages, stream: true, stream_options: { include_usage: true } })
        const init = { method: 'POST', headers, body, signal: call.signal, dispatcher: withoutLimits() }
        const response = await fetch(url, init)
        const stream = await toStream(response, apiKey)
        clearTimeout(timer)

        let finishReason: string | undefined
        let usage: ChunkUsage | undefined
        for (let events = await stream.read(); events !== undefined; events = await stream.read()) {
          for (const data of events) {
            const chunk = toChunk(data, apiKey)
            if (chunk?.error) throw midwayError(chunk.error, response.headers, apiKey)
            const choice = chunk?.choices?.[0]
            const text = choice?.delta?.content || choice?.delta?.refusal
            if (text) yield text
            finishReason = choice?.finish_reason || finishReason
            usage = chunk?.usage ?? usage
          }
        }
        if (finishReason === undefined) throw new FST_SSE_PROVIDER_LOST('ended its answer too early')
        return toFinish(finishReason, usage)
      } finally {
        clearTimeout(timer)
        signal.removeEventListener('abort', leave)
        call.abort()
      }
    } catch (error) {
      throw signal.aborted ? error : toProviderError(error)
    }
  }
}

/** @throws FST_SSE_PROVIDER_REFUSED, FST_SSE_PROVIDER_LOST */
async function toStream(response: Response, apiKey: string): Promise<ChatStream> {
  if (!response.ok) throw refusal(response.status, response.headers, await quoteBody(response, apiKey))
  const isEvents = /^text\/event-stream\s*(;|$)/i.test(response.headers.get('content-type') ?? '')
  if (isEvents && response.body !== null) return new ChatStream(response.body)
  throw new FST_SSE_PROVIDER_LOST('did not answer with events', { cause: await quoteBody(response, apiKey) })
}

/** @throws FST_SSE_PROVIDER_LOST */
function toChunk(data: string, apiKey: string): Chunk | null {
  try {
    return JSON.parse(data)
  } catch {
    throw new FST_SSE_PROVIDER_LOST('sent an event that is not JSON', { cause: quote(data, apiKey) })
  }
}

/** What an answer that began well ends with. Some servers give it the status that the response would have had. */
function midwayError(error: { code?: unknown }, headers: Headers, apiKey: string): Error {
  const cause = quote(JSON.stringify(error), apiKey)
  return typeof error.code === 'number'
    ? refusal(error.code, headers, cause)
    : new FST_SSE_PROVIDER_LOST('broke off with an error', { cause })
}

function toProviderError(error: unknown): unknown {
  if (error instanceof FST_SSE_PROVIDER_LOST || error instanceof FST_SSE_PROVIDER_REFUSED) return error
  // What fetch throws says only in the code of its cause that a connection took too long.
  const isLate = /timed? ?out/i.test(`${error} ${(error as { cause?: { code?: unknown } }).cause?.code}`)
  return new FST_SSE_PROVIDER_LOST(isLate ? 'did not answer in time' : 'could not be reached, or broke off', {
    cause: error
  })
}

function toFinish(finishReason: string, usage: ChunkUsage | undefined): Finish {
  const promptTokens = usage?.prompt_tokens
  const completionTokens = usage?.completion_tokens
  const totalTokens = usage?.total_tokens
  if (!isCount(promptTokens) || !isCount(completionTokens) || !isCount(totalTokens)) return { finishReason }
  return { finishReason, usage: { promptTokens, completionTokens, totalTokens } }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}
