import type { Message } from '../../routes/index.js'
import type { Failure } from './failure.js'
import { type Measures, newMeasures } from './measures.js'

/** What the server takes of a text, in characters, and of a conversation, in messages. */
const MAX_TEXT = 100_000
const MAX_MESSAGES = 1000

/** One question, and what came of it. */
export interface Exchange {
  readonly prompt: string
  answer: Answer
}

export interface Answer {
  /** What there is of it. */
  text: string
  state: 'running' | 'complete' | 'stopped' | 'failed'
  readonly measures: Measures
  /** What the server calls it, as soon as it is known, and the last that was had of it. With these it goes on after a reload. */
  streamId?: string
  lastEventId?: string
  /** Why the model stopped. */
  finishReason?: string
  /** Why it failed. */
  failure?: Failure | undefined
}

/** @param now milliseconds since 1970 */
export function newAnswer(now: number): Answer {
  return { text: '', state: 'running', measures: newMeasures(now) }
}

/**
 * The conversation as the server takes it, up to its last question. Providers want the roles to take turns, so questions that
 * were left without an answer become one with the next. What is too much is left out, from the start.
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
  // From a question on: an odd number of messages.
  return messages.slice(-(MAX_MESSAGES - 1))
}

/** The end of a text that is too long, from a whole character on. */
function cut(text: string): string {
  return text.length > MAX_TEXT ? text.slice(-MAX_TEXT).replace(/^[\uDC00-\uDFFF]/, '') : text
}
