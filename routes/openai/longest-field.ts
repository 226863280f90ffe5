import { lengthOf } from '../contract/check.js'
import type { AssistantPart, ContentPart } from '../contract/content.js'
import type { Fields } from '../contract/fields.js'
import type { Message } from '../contract/message.js'

/** Where an answer has what the contract has in its content. The older names come last. */
const FIELDS: Partial<Record<string, readonly string[]>> = {
  'tool-call': ['tool_calls', 'function_call'],
  reasoning: ['reasoning_content', 'reasoning'],
  refusal: ['refusal']
}

/** The field of a message that has most of its text. @param sent the message as the client has sent it */
export function longestFieldOf({ content }: Message, sent: Fields): string {
  const parts: readonly (AssistantPart | ContentPart)[] = typeof content === 'string' ? [] : content
  const lengths = new Map<string, number>()
  for (const part of parts) {
    const field = FIELDS[part.type]?.find(name => sent.has(name)) ?? 'content'
    lengths.set(field, (lengths.get(field) ?? 0) + lengthOf({ content: [part] }))
  }
  const [longest] = [...lengths].sort(([, a], [, b]) => b - a)
  return longest?.[0] ?? 'content'
}
