import type { AnswerPart, ReasoningPart } from './part.js'

/** The event of a part, or the text of one. A refusal is text to those who read it. */
export function toEvent(part: AnswerPart) {
  if (typeof part === 'string') return part
  if (part.type === 'reasoning' || part.type === 'tool-call') {
    const { type: event, ...data } = part
    return { event, data } as { event: 'reasoning'; data: Omit<ReasoningPart, 'type'> }
  }
  return part.text
}
