import type { SseEvent } from '../../../sse/event.js'
import { isCut } from '../../answer/call-arguments.js'
import { CallOrder } from '../../answer/call-order.js'
import { type Finish, finishOf, type Usage } from '../../answer/finish.js'
import { finishWord, finishWords } from '../../answer/finish-words.js'
import { type AnswerPart, partOf, type ToolCallPart } from '../../answer/part.js'
import type { ErrorData } from '../../failure.js'
import type { Protocol, ProtocolStream } from '../protocol.js'
import { ABORTED, completionText, openAiError } from '../sdk/openai.js'

/** The fields that all chunks of a chat completion share. */
export interface CompletionHead {
  readonly id: string
  /** When the completion was created, in seconds since 1970. */
  readonly created: number
  readonly model: string
}

/** The number of tokens in a prompt and its answer. */
export interface CompletionUsage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  prompt_tokens_details?: { cached_tokens: number }
  completion_tokens_details?: { reasoning_tokens: number }
}

/** The options of `chatCompletion`. */
export interface ChatCompletionOptions {
  readonly head: CompletionHead
  /** Whether a last chunk without choices has the usage: `stream_options.include_usage` of OpenAI's API. */
  readonly includeUsage: boolean
}

/**
 * A protocol that makes the chunks of a chat completion (OpenAI's API) from the parts of an answer. The built-in
 * protocol `'openai'` takes complete chunks instead, as OpenAI's SDK yields them.
 *
 * The source must return a `Finish`.
 */
export function chatCompletion(options: ChatCompletionOptions): Protocol<AnswerPart> {
  return { text: completionText, start: () => new ChatCompletionStream(options) }
}

/** A call of a tool in OpenAI's form. */
export function chatToolCall({ id, name, arguments: args, extra }: ToolCallPart) {
  return { ...extra, id, type: 'function' as const, function: { name, arguments: args } }
}

/** How an answer ended, in the words of OpenAI's API. */
export function completionEnd({ finishReason, usage }: Finish, hasToolCalls: boolean) {
  return {
    finish_reason: finishWord(finishWords.chat, finishReason, hasToolCalls),
    usage: usage && completionUsage(usage)
  }
}

function completionUsage(usage: Usage): CompletionUsage {
  const { promptTokens, completionTokens, totalTokens, cachedPromptTokens, reasoningTokens } = usage
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: totalTokens,
    ...(cachedPromptTokens !== undefined && { prompt_tokens_details: { cached_tokens: cachedPromptTokens } }),
    ...(reasoningTokens !== undefined && { completion_tokens_details: { reasoning_tokens: reasoningTokens } })
  }
}

class ChatCompletionStream implements ProtocolStream<AnswerPart> {
  readonly #options: ChatCompletionOptions
  /** The index of each call of a tool, by its id. */
  readonly #calls = new Map<string, number>()
  /** Clients take a call for complete when the next one begins. */
  readonly #order = new CallOrder()
  #hasBegun = false

  constructor(options: ChatCompletionOptions) {
    this.#options = options
  }

  item(item: AnswerPart): SseEvent | SseEvent[] | undefined {
    const part = partOf(item)
    if (typeof part === 'string') return this.#delta({ content: part }, null)
    switch (part.type) {
      case 'text':
        return this.#delta({ content: part.text }, null)
      case 'refusal':
        return this.#delta({ refusal: part.text }, null)
      case 'tool-call':
        return this.#toolCalls(this.#order.add(part))
      case 'reasoning':
        return part.text === '' ? undefined : this.#delta({ reasoning_content: part.text }, null)
    }
  }

  end(returned: unknown): SseEvent[] {
    const finish = finishOf(returned)
    const { finish_reason, usage = null } = completionEnd(finish, this.#order.hasCalls)
    const last = [...this.#toolCalls(this.#order.finish(isCut(finish))), this.#delta({}, finish_reason)]
    if (this.#options.includeUsage) last.push(this.#chunk([], usage))
    return [...last, { data: '[DONE]' }]
  }

  error(failure: ErrorData): SseEvent {
    return { data: { error: openAiError(failure) } }
  }

  stopped(): SseEvent[] {
    return [this.#delta({}, ABORTED), { data: '[DONE]' }]
  }

  #toolCalls(pieces: ToolCallPart[]): SseEvent[] {
    return pieces.map(piece => this.#delta({ tool_calls: [this.#toolCall(piece)] }, null))
  }

  /** Only the first piece of a call has its id and name. */
  #toolCall(part: ToolCallPart): object {
    const index = this.#calls.get(part.id)
    if (index !== undefined) return { ...part.extra, index, function: { arguments: part.arguments } }
    this.#calls.set(part.id, this.#calls.size)
    return { ...chatToolCall(part), index: this.#calls.size - 1 }
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
