import type { SseEvent } from '../../../sse/event.js'
import { AnswerBlocks, type BlockEnd, type BlockWriter } from '../../answer/blocks.js'
import { jsonOf } from '../../answer/call-arguments.js'
import { finishOf } from '../../answer/finish.js'
import { finishWord, finishWords } from '../../answer/finish-words.js'
import type { AnswerPart, Part, ReasoningPart, ToolCallPart } from '../../answer/part.js'
import type { ErrorData } from '../../failure.js'
import type { Protocol, ProtocolStream } from '../protocol.js'
import { aiSdk } from '../sdk/ai-sdk.js'

/** The options of `uiMessages`. */
export interface UiMessageOptions {
  /** The id of the message that the client makes of the answer. Default: the client chooses one. */
  readonly messageId?: string | undefined
}

/** The name of the metadata that parts of a message have, which clients send back with them. */
export const UI_METADATA = 'fastify-sse-from'

/**
 * A protocol that makes the UI message stream of the AI SDK from the parts of an answer. The built-in protocol
 * `'ai-sdk'` takes complete chunks too, as the AI SDK yields them.
 *
 * The source must return a `Finish`. Its usage is in the metadata of the message.
 */
export function uiMessages(options: UiMessageOptions = {}): Protocol<AnswerPart> {
  const { headers, resumesNothing, text } = aiSdk
  return { headers, resumesNothing, text, start: () => new UiMessageStream(options) }
}

class UiMessageStream implements ProtocolStream<AnswerPart> {
  readonly #options: UiMessageOptions
  readonly #blocks = new AnswerBlocks(new UiParts(), () => this.#head())

  constructor(options: UiMessageOptions) {
    this.#options = options
  }

  item(item: AnswerPart): SseEvent[] {
    return this.#blocks.add(item)
  }

  rest(): SseEvent[] {
    return this.#blocks.finish()
  }

  end(returned: unknown): SseEvent[] {
    const { finishReason: reason, usage } = finishOf(returned)
    const finishReason = finishWord(finishWords['ai-sdk'], reason, this.#blocks.hasToolCalls)
    const metadata = usage && { messageMetadata: { usage } }
    return [
      ...this.#blocks.begin(),
      chunk({ type: 'finish-step' }),
      chunk({ type: 'finish', finishReason, ...metadata }),
      DONE
    ]
  }

  error({ message }: ErrorData): SseEvent {
    return chunk({ type: 'error', errorText: message })
  }

  stopped(): SseEvent[] {
    return [chunk({ type: 'abort' }), DONE]
  }

  #head(): SseEvent[] {
    const { messageId } = this.#options
    return [chunk({ type: 'start', ...(messageId !== undefined && { messageId }) }), chunk({ type: 'start-step' })]
  }
}

/** Writes the parts of a message. Text and reasoning have an id, which is their number. */
class UiParts implements BlockWriter {
  #count = 0
  /** What the provider wants back with the reasoning. */
  #metadata: object | undefined

  begin(first: Part): SseEvent[] {
    this.#count++
    this.#metadata = undefined
    if (first.type === 'tool-call') return [chunk({ type: 'tool-input-start', ...toolOf(first) })]
    return [this.#part(kindOf(first), 'start')]
  }

  piece(part: Part): SseEvent[] {
    if (part.type === 'tool-call') {
      const { id: toolCallId, arguments: inputTextDelta } = part
      return inputTextDelta === '' ? [] : [chunk({ type: 'tool-input-delta', toolCallId, inputTextDelta })]
    }
    if (part.type === 'reasoning') this.#metadata = metadataOf(part)
    return part.text === '' ? [] : [this.#part(kindOf(part), 'delta', { delta: part.text })]
  }

  end(block: BlockEnd): SseEvent[] {
    if (block.type === 'tool-call') return [inputChunk(block as ToolCallPart)]
    return [this.#part(kindOf(block), 'end', this.#metadata)]
  }

  #part(kind: string, step: string, fields?: object): SseEvent {
    return chunk({ type: `${kind}-${step}`, id: String(this.#count), ...fields })
  }
}

/** A refusal is text to those who read it. */
function kindOf({ type }: { type: string }): 'reasoning' | 'text' {
  return type === 'reasoning' ? 'reasoning' : 'text'
}

function toolOf({ id: toolCallId, name: toolName }: ToolCallPart) {
  return { toolCallId, toolName }
}

/** Clients run a tool only with an input that is JSON. */
function inputChunk(call: ToolCallPart): SseEvent {
  const input = jsonOf(call.arguments)
  if (input !== undefined) return chunk({ type: 'tool-input-available', ...toolOf(call), input })
  const errorText = 'the input of the tool is not JSON'
  return chunk({ type: 'tool-input-error', ...toolOf(call), input: call.arguments, errorText })
}

function metadataOf({ signature, encrypted }: ReasoningPart): object | undefined {
  if (signature === undefined && encrypted === undefined) return undefined
  return { providerMetadata: { [UI_METADATA]: { signature, encrypted } } }
}

const DONE: SseEvent = { data: '[DONE]' }

function chunk<Chunk extends { type: string }>(data: Chunk): SseEvent {
  return { data }
}
