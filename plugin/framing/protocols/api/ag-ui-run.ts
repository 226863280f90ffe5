import { randomUUID } from 'node:crypto'
import type { SseEvent } from '../../../sse/event.js'
import { AnswerBlocks, type BlockEnd, type BlockWriter } from '../../answer/blocks.js'
import { hasNoArguments, NO_ARGUMENTS } from '../../answer/call-arguments.js'
import { finishOf, type Usage } from '../../answer/finish.js'
import type { AnswerPart, Part, ToolCallPart } from '../../answer/part.js'
import { sealOf } from '../../answer/seal.js'
import type { ErrorData } from '../../failure.js'
import type { Protocol, ProtocolStream } from '../protocol.js'
import { agUiEvents, runError } from './ag-ui.js'

/** What a run of AG-UI is known by: the `threadId` and `runId` in the input of the client. */
export interface AgUiRun {
  readonly threadId: string
  readonly runId: string
}

/**
 * A protocol that makes the events of a run of AG-UI from plain strings and other parts of an answer. The built-in
 * protocol `'ag-ui'` does so too, for a run with ids of its own, and takes complete events as well.
 *
 * The source may return `{ finishReason, usage? }`. One that returns nothing has ended with `'stop'`.
 *
 * @example
 * ```ts
 * app.post<{ Body: RunAgentInput }>('/agent', ({ body }, reply) => reply.sseFrom(source, { protocol: agUi(body) }))
 * ```
 */
export function agUi(run: AgUiRun): Protocol<AnswerPart> {
  return { text: agUiEvents.text, start: () => new AgUiRunStream(run) }
}

class AgUiRunStream implements ProtocolStream<AnswerPart> {
  readonly #run: AgUiRun
  readonly #blocks = new AnswerBlocks(new AgUiMessages(), () => this.#head())

  constructor({ threadId, runId }: AgUiRun) {
    this.#run = { threadId, runId }
  }

  item(item: AnswerPart): SseEvent[] {
    return this.#blocks.add(item)
  }

  rest(): SseEvent[] {
    return this.#blocks.finish()
  }

  end(returned: unknown): SseEvent[] {
    const { finishReason, usage } = finishOf(returned ?? { finishReason: 'stop' })
    const fields = { result: { finishReason }, ...(usage && { usage: [tokenUsage(usage)] }) }
    return [...this.#blocks.begin(), this.#finished('success', fields)]
  }

  error(failure: ErrorData): SseEvent {
    return runError(failure)
  }

  stopped(): SseEvent[] {
    return [...this.#blocks.begin(), ...this.#blocks.cut(), this.#finished('cancelled')]
  }

  #head(): SseEvent[] {
    return [event({ type: 'RUN_STARTED', ...this.#run })]
  }

  #finished(type: 'success' | 'cancelled', fields?: object): SseEvent {
    return event({ type: 'RUN_FINISHED', ...this.#run, outcome: { type }, ...fields })
  }
}

/**
 * Writes the messages of a run. A message of the assistant is text and the calls after it; text after calls is another
 * one. Reasoning is a message of its own.
 */
class AgUiMessages implements BlockWriter {
  #message = newId()
  /** Whether the message has anything, so that text begins another one. */
  #isUsed = false
  #reasoning = ''
  /** What the provider wants back with the reasoning. */
  #encrypted: string | undefined

  begin(first: Part): SseEvent[] {
    switch (first.type) {
      case 'tool-call':
        return [this.#call(first)]
      case 'reasoning':
        return this.#beginReasoning()
      default:
        return [this.#beginText()]
    }
  }

  piece(part: Part): SseEvent[] {
    switch (part.type) {
      case 'tool-call':
        return delta('TOOL_CALL_ARGS', { toolCallId: part.id }, part.arguments)
      case 'reasoning':
        this.#encrypted = sealOf(part)
        return delta('REASONING_MESSAGE_CONTENT', { messageId: this.#reasoning }, part.text)
      default:
        return delta('TEXT_MESSAGE_CONTENT', { messageId: this.#message }, part.text)
    }
  }

  end(block: BlockEnd, isCut: boolean): SseEvent[] {
    switch (block.type) {
      case 'tool-call':
        return this.#endCall(block as ToolCallPart, isCut)
      case 'reasoning':
        return this.#endReasoning()
      default:
        return [event({ type: 'TEXT_MESSAGE_END', messageId: this.#message })]
    }
  }

  #beginText(): SseEvent {
    if (this.#isUsed) this.#message = newId()
    this.#isUsed = true
    return event({ type: 'TEXT_MESSAGE_START', messageId: this.#message, role: 'assistant' })
  }

  #call({ id: toolCallId, name: toolCallName }: ToolCallPart): SseEvent {
    this.#isUsed = true
    return event({ type: 'TOOL_CALL_START', toolCallId, toolCallName, parentMessageId: this.#message })
  }

  #endCall(call: ToolCallPart, isCut: boolean): SseEvent[] {
    const { id: toolCallId } = call
    const none = !isCut && hasNoArguments(call) ? delta('TOOL_CALL_ARGS', { toolCallId }, NO_ARGUMENTS) : []
    return [...none, event({ type: 'TOOL_CALL_END', toolCallId })]
  }

  #beginReasoning(): SseEvent[] {
    this.#reasoning = newId()
    const messageId = this.#reasoning
    return [
      event({ type: 'REASONING_START', messageId }),
      event({ type: 'REASONING_MESSAGE_START', messageId, role: 'reasoning' })
    ]
  }

  #endReasoning(): SseEvent[] {
    const messageId = this.#reasoning
    const value = { subtype: 'message', entityId: messageId, encryptedValue: this.#encrypted }
    return [
      event({ type: 'REASONING_MESSAGE_END', messageId }),
      ...(this.#encrypted === undefined ? [] : [event({ type: 'REASONING_ENCRYPTED_VALUE', ...value })]),
      event({ type: 'REASONING_END', messageId })
    ]
  }
}

function tokenUsage(usage: Usage) {
  const { promptTokens, completionTokens, totalTokens, cachedPromptTokens, reasoningTokens } = usage
  return {
    inputTokens: promptTokens,
    outputTokens: completionTokens,
    totalTokens,
    ...(cachedPromptTokens !== undefined && { cachedInputTokens: cachedPromptTokens }),
    ...(reasoningTokens !== undefined && { reasoningTokens })
  }
}

function delta(type: string, fields: object, text: string): SseEvent[] {
  return text === '' ? [] : [event({ type, ...fields, delta: text })]
}

function newId(): string {
  return `msg_${randomUUID()}`
}

function event<Data extends { type: string }>(data: Data): SseEvent {
  return { data }
}
