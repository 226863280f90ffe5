import type { Message } from '../../../routes/index.js'
import type { Failure } from './failure.js'
import { type Measures, newMeasures } from './measures.js'

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
}

/** @param now milliseconds since 1970 */
export function newAnswer(now: number): ChatAnswer {
  return { text: '', state: 'running', measures: newMeasures(now) }
}

/**
 * Converts a conversation, up to its last question, to messages for the server. Providers want the roles to alternate,
 * so a question without an answer is joined with the next one. If the conversation is too long, its start is left out.
 */
export function toMessages(exchanges: readonly Exchange[]): Message[] {
  const messages: Message[] = []
  let prompt = ''
  for (const [i, { prompt: next, answer }] of exchanges.entries()) {
    prompt = prompt === '' ? next : `${prompt}\n\n${next}`
    if (i < exchanges.length - 1 && answer.text === '') continue
    messages.push({ role: 'user', content: cut(prompt) })
    prompt = ''
    if (i < exchanges.length - 1) messages.push({ role: 'assistant', content: cut(answer.text) })
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
