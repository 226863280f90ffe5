import { FST_SSE_EVENT_INVALID } from '../../../errors.js'
import type { SseEvent } from '../../../sse/event.js'
import type { AnswerParts } from '../../answer/answer-parts.js'
import { AnswerBlocks, type BlockEnd, type BlockWriter } from '../../answer/blocks.js'
import { isCut, jsonOf } from '../../answer/call-arguments.js'
import { type Finish, finishOf, type Usage } from '../../answer/finish.js'
import { finishWord, finishWords } from '../../answer/finish-words.js'
import type { AnswerPart, Part, ToolCallPart } from '../../answer/part.js'
import type { ErrorData } from '../../failure.js'
import type { Protocol, ProtocolStream } from '../protocol.js'
import { anthropic, anthropicError } from '../sdk/anthropic.js'

/** What a message of Anthropic's API is known by. */
export interface MessageHead {
  readonly id: string
  readonly model: string
}

/** The number of tokens in a prompt and its answer. Those that come from a cache are counted apart. */
export interface MessageUsage {
  input_tokens: number
  cache_creation_input_tokens: number
  cache_read_input_tokens: number
  output_tokens: number
  output_tokens_details?: { thinking_tokens: number }
}

/** A content block of an answer. */
export type MessageBlock =
  | { type: 'text'; text: string }
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'redacted_thinking'; data: string }
  | { type: 'tool_use'; id: string; name: string; input: unknown }

/**
 * A protocol that makes the events of Anthropic's Messages API from the parts of an answer. The built-in protocol
 * `'anthropic'` takes complete events too, as Anthropic's SDK yields them.
 *
 * The source must return a `Finish`.
 */
export function messages(head: MessageHead): Protocol<AnswerPart> {
  return { text: anthropic.text, start: () => new MessagesStream(head) }
}

/** A message: its fields beside its content and its end. */
export function messageStart({ id, model }: MessageHead) {
  return { id, type: 'message' as const, role: 'assistant' as const, model }
}

/** How an answer ended, in the words of Anthropic's API. Its clients read the usage without asking if it is there. */
export function messageEnd({ finishReason, usage }: Finish, hasToolCalls: boolean, hasRefused: boolean) {
  const reason = finishWord(finishWords.anthropic, finishReason, hasToolCalls)
  const stop_reason = hasRefused && reason === 'end_turn' ? ('refusal' as const) : reason
  return { stop_reason, stop_sequence: null, usage: messageUsage(usage) }
}

/**
 * The content blocks of a whole answer.
 *
 * @throws FST_SSE_EVENT_INVALID if the arguments of a call are not JSON, unless the answer was cut in them
 */
export function messageContent({ parts }: AnswerParts, finish: Finish): MessageBlock[] {
  return parts.flatMap((part): MessageBlock[] => {
    switch (part.type) {
      case 'reasoning':
        return [
          ...(part.text === '' && part.signature === undefined ? [] : [thinking(part.text, part.signature)]),
          ...(part.encrypted === undefined ? [] : [redacted(part.encrypted)])
        ]
      case 'tool-call':
        return [{ ...toolUse(part), input: inputOf(part, finish) }]
      default:
        return [{ type: 'text', text: part.text }]
    }
  })
}

function thinking(text: string, signature = ''): MessageBlock {
  return { type: 'thinking', thinking: text, signature }
}

function redacted(data: string): MessageBlock {
  return { type: 'redacted_thinking', data }
}

function toolUse({ id, name }: ToolCallPart) {
  return { type: 'tool_use' as const, id, name, input: {} }
}

/** An answer that the limit of tokens or a filter has cut has a call that clients do not run: `stop_reason` says so. */
function inputOf({ id, arguments: args }: ToolCallPart, finish: Finish): unknown {
  const input = jsonOf(args)
  if (input !== undefined) return input
  if (isCut(finish)) return {}
  throw new FST_SSE_EVENT_INVALID(`the arguments of the tool call ${JSON.stringify(id)} must be JSON`)
}

function messageUsage(usage: Usage | undefined): MessageUsage {
  const { promptTokens = 0, completionTokens = 0, cachedPromptTokens = 0, reasoningTokens } = usage ?? {}
  return {
    input_tokens: Math.max(0, promptTokens - cachedPromptTokens),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedPromptTokens,
    output_tokens: completionTokens,
    ...(reasoningTokens !== undefined && { output_tokens_details: { thinking_tokens: reasoningTokens } })
  }
}

class MessagesStream implements ProtocolStream<AnswerPart> {
  readonly #fields: MessageHead
  readonly #blocks = new AnswerBlocks(new MessageBlocks(), () => this.#head())

  constructor(head: MessageHead) {
    this.#fields = head
  }

  item(item: AnswerPart): SseEvent[] {
    return this.#blocks.add(item)
  }

  rest(): SseEvent[] {
    return this.#blocks.finish()
  }

  end(returned: unknown): SseEvent[] {
    const finish = finishOf(returned)
    const { usage, ...delta } = messageEnd(finish, this.#blocks.hasToolCalls, this.#blocks.hasRefused)
    return [...this.#blocks.begin(), ...last(delta, usage)]
  }

  error(failure: ErrorData): SseEvent {
    return event({ type: 'error', error: anthropicError(failure) })
  }

  /** Ends the message without a reason, as the API has none for it. */
  stopped(): SseEvent[] {
    const delta = { stop_reason: null, stop_sequence: null }
    return [...this.#blocks.begin(), ...this.#blocks.cut(), ...last(delta, messageUsage(undefined))]
  }

  /** The first event. The usage is not known yet, but clients read it. */
  #head(): SseEvent[] {
    const rest = { content: [], stop_reason: null, stop_sequence: null, usage: messageUsage(undefined) }
    return [event({ type: 'message_start', message: { ...messageStart(this.#fields), ...rest } })]
  }
}

/** Writes the content blocks of a message, numbered as they begin. */
class MessageBlocks implements BlockWriter {
  #index = -1
  #isOpen = false
  /** Whether the open block is a thought without a signature so far. Clients keep no thought that never has one. */
  #isUnsigned = false

  begin(first: Part): SseEvent[] {
    switch (first.type) {
      case 'reasoning':
        // Reasoning that is encrypted from its start has a block of its own kind, which `piece` begins.
        return first.text === '' && first.signature === undefined ? [] : [this.#start(thinking(''))]
      case 'tool-call':
        return [this.#start(toolUse(first))]
      default:
        return [this.#start({ type: 'text', text: '' })]
    }
  }

  piece(part: Part): SseEvent[] {
    switch (part.type) {
      case 'reasoning':
        return this.#reasoning(part)
      case 'tool-call':
        return this.#delta('input_json_delta', { partial_json: part.arguments }, part.arguments)
      default:
        return this.#delta('text_delta', { text: part.text }, part.text)
    }
  }

  end(_block: BlockEnd): SseEvent[] {
    return this.#stop()
  }

  #reasoning({ text, signature, encrypted }: Part & { type: 'reasoning' }): SseEvent[] {
    const events = this.#delta('thinking_delta', { thinking: text }, text)
    if (signature !== undefined) events.push(this.#sign(signature))
    if (encrypted === undefined) return events
    if (this.#isOpen) events.push(...this.#stop())
    return [...events, this.#start(redacted(encrypted))]
  }

  #start(content_block: MessageBlock): SseEvent {
    this.#isOpen = true
    this.#isUnsigned = content_block.type === 'thinking'
    this.#index++
    return event({ type: 'content_block_start', index: this.#index, content_block })
  }

  #delta(type: string, delta: object, text: string): SseEvent[] {
    if (text === '') return []
    return [event({ type: 'content_block_delta', index: this.#index, delta: { type, ...delta } })]
  }

  #sign(signature: string): SseEvent {
    this.#isUnsigned = false
    return event({ type: 'content_block_delta', index: this.#index, delta: { type: 'signature_delta', signature } })
  }

  #stop(): SseEvent[] {
    const signature = this.#isUnsigned ? [this.#sign('')] : []
    this.#isOpen = false
    return [...signature, event({ type: 'content_block_stop', index: this.#index })]
  }
}

function last(delta: object, usage: MessageUsage): SseEvent[] {
  return [event({ type: 'message_delta', delta, usage }), event({ type: 'message_stop' })]
}

function event<Data extends { type: string }>(data: Data): SseEvent {
  return { event: data.type, data }
}
