import type { Message } from '../../../../routes/index.js'
import type { Failure } from '../failure.js'
import { type Measures, newMeasures } from '../measures.js'

/** The limits of the server: characters in a text, and messages in a conversation. */
const MAX_TEXT = 100_000
const MAX_MESSAGES = 1000

/** A question and its answer. */
export interface Exchange {
  readonly prompt: string
  readonly answer: ChatAnswer
}

/** A call of a tool. Its arguments are JSON. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly arguments: string
}

/** An answer as far as it has arrived. */
export interface ChatAnswer {
  readonly text: string
  /** What the model thought. */
  readonly reasoning?: string
  /** The calls of tools, as far as they have come. */
  readonly toolCalls?: readonly ToolCall[]
  readonly state: 'running' | 'complete' | 'stopped' | 'failed'
  readonly measures: Measures
  /** The id of the stream, once it is known. With it and `lastEventId` the answer continues after a reload. */
  readonly streamId?: string
  readonly lastEventId?: string
  /** Why the model stopped. */
  readonly finishReason?: string
  /** Why the answer failed. */
  readonly failure?: Failure | undefined
  /** How much of the text other streams had brought, which the model was asked to continue. Characters. */
  readonly continuedFrom?: number
}

/** @param now milliseconds since 1970 */
export function newAnswer(now: number): ChatAnswer {
  return { text: '', state: 'running', measures: newMeasures(now) }
}

/** What asks a model for the rest of its answer. */
const CONTINUE = 'Continue your answer exactly where it ends. Do not repeat any of it, and do not comment on this.'

/** The same answer, about to be continued by another stream. @param now milliseconds since 1970 */
export function continued({ text, reasoning, toolCalls }: ChatAnswer, now: number): ChatAnswer {
  return {
    text,
    ...(reasoning !== undefined && { reasoning }),
    ...(toolCalls !== undefined && { toolCalls }),
    measures: newMeasures(now),
    state: 'running',
    continuedFrom: text.length
  }
}

/**
 * Converts a conversation, up to its last question, to messages for the server. A question without an answer has
 * failed, and is left out. If the last answer is to be continued, the model is asked for that. If the conversation is
 * too long, its start is left out.
 */
export function toMessages(exchanges: readonly Exchange[]): Message[] {
  const messages: Message[] = []
  for (const [i, { prompt, answer }] of exchanges.entries()) {
    const isLast = i === exchanges.length - 1
    const text = isLast ? answer.text.slice(0, answer.continuedFrom ?? 0) : answer.text
    if (text === '' && !isLast) continue
    messages.push({ role: 'user', content: cut(prompt) })
    if (text !== '') messages.push({ role: 'assistant', content: cut(text) })
    if (text !== '' && isLast) messages.push({ role: 'user', content: CONTINUE })
  }
  // An odd number of messages begins with a question.
  return messages.slice(-(MAX_MESSAGES - 1))
}

/** Adds a call, or the next piece of one, which has the id of its call. */
export function addToolCall(calls: readonly ToolCall[], piece: ToolCall): readonly ToolCall[] {
  if (!calls.some(({ id }) => id === piece.id)) return [...calls, piece]
  return calls.map(call => (call.id === piece.id ? { ...call, arguments: call.arguments + piece.arguments } : call))
}

/** The end of a text that is too long, without half a character at its start. */
function cut(text: string): string {
  return text.length > MAX_TEXT ? text.slice(-MAX_TEXT).replace(/^[\uDC00-\uDFFF]/, '') : text
}
