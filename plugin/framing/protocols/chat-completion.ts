import type { SseEvent } from '../../sse/event.js'
import type { ErrorData } from '../failure.js'
import { openAiError } from './openai.js'
import type { Protocol, ProtocolStream } from './protocol.js'
import { tokenOf } from './token.js'

/** The fields that all chunks of a chat completion share. */
export interface CompletionHead {
  readonly id: string
  /** When the completion was created, in seconds since 1970. */
  readonly created: number
  readonly model: string
  readonly system_fingerprint: null
}

/** How a chat completion ended. */
export interface CompletionEnd {
  readonly finish_reason: string
  readonly usage?: CompletionUsage | undefined
}

/** The number of tokens in a prompt and its answer. */
export interface CompletionUsage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
}

/** The options of `chatCompletion`. */
export interface ChatCompletionOptions {
  readonly head: CompletionHead
  /** Whether a last chunk without choices has the usage: `stream_options.include_usage` of OpenAI's API. */
  readonly includeUsage: boolean
  /**
   * Makes the end of the completion from the return value of the source.
   *
   * @throws if the value has another form; the stream then ends with an error
   */
  endOf(returned: unknown): CompletionEnd
}

/**
 * A protocol that makes the chunks of a chat completion (OpenAI's API) from the text of its tokens. The built-in
 * protocol `'openai'` takes complete chunks instead, as OpenAI's SDK yields them.
 */
export function chatCompletion(options: ChatCompletionOptions): Protocol<string> {
  return { start: () => new ChatCompletionStream(options) }
}

class ChatCompletionStream implements ProtocolStream<string> {
  readonly #options: ChatCompletionOptions
  #hasBegun = false

  constructor(options: ChatCompletionOptions) {
    this.#options = options
  }

  item(token: unknown): SseEvent {
    return this.#delta({ content: tokenOf(token) }, null)
  }

  end(returned: unknown): SseEvent[] {
    const { endOf, includeUsage } = this.#options
    const { finish_reason, usage = null } = endOf(returned)
    const last = [this.#delta({}, finish_reason)]
    if (includeUsage) last.push(this.#chunk([], usage))
    return [...last, { data: '[DONE]' }]
  }

  error(failure: ErrorData): SseEvent {
    return { data: { error: openAiError(failure) } }
  }

  /** A chunk with a delta. Only the first one names the role. */
  #delta(content: object, finish_reason: string | null): SseEvent {
    const delta = this.#hasBegun ? content : { role: 'assistant', ...content }
    this.#hasBegun = true
    const choice = { index: 0, delta, logprobs: null, finish_reason }
    return this.#chunk([choice], this.#options.includeUsage ? null : undefined)
  }

  #chunk(choices: object[], usage: object | null | undefined): SseEvent {
    return { data: { ...this.#options.head, object: 'chat.completion.chunk', choices, usage } }
  }
}
