import { type Static, Type } from '@sinclair/typebox'
import { compileValidator, type Problem } from '../../plugin/toolkit.js'
import type { Limits } from '../limits.js'

const TextPart = Type.Object(
  {
    type: Type.Literal('text'),
    text: Type.String(),
    prompt_cache_breakpoint: Type.Optional(Type.Unknown())
  },
  { additionalProperties: false, description: 'a part' }
)

/** Only the server's own messages have it. */
const RefusalPart = Type.Object(
  { type: Type.Literal('refusal'), refusal: Type.String() },
  { additionalProperties: false, description: 'a part' }
)

const Part = Type.Union([TextPart, RefusalPart], { description: 'a part' })

const onlyNull = () => Type.Optional(Type.Null({ description: 'null: nothing else is supported' }))

/** Tools are not supported, so there are no calls of any. */
const noCalls = () =>
  Type.Optional(
    Type.Union([Type.Array(Type.Unknown(), { maxItems: 0 }), Type.Null()], {
      description: '[] or null: nothing else is supported'
    })
  )

/** Unlike a message of `/stream`, one of OpenAI's API may be empty. A client posts the server's own messages back. */
const ChatMessage = Type.Object(
  {
    role: Type.Union(
      [Type.Literal('developer'), Type.Literal('system'), Type.Literal('user'), Type.Literal('assistant')],
      { description: '"developer", "system", "user" or "assistant"' }
    ),
    content: Type.Optional(
      Type.Union([Type.String(), Type.Array(Part), Type.Null()], { description: 'a string, or a list of text parts' })
    ),
    name: Type.Optional(Type.Union([Type.String(), Type.Null()], { description: 'a string' })),
    refusal: Type.Optional(Type.Union([Type.String(), Type.Null()], { description: 'a string or null' })),
    annotations: Type.Optional(
      Type.Union([Type.Array(Type.Unknown()), Type.Null()], { description: 'a list or null' })
    ),
    audio: onlyNull(),
    function_call: onlyNull(),
    tool_calls: noCalls()
  },
  { additionalProperties: false, description: 'an object with role and content' }
)

export type ChatMessage = Static<typeof ChatMessage>

/** The schema of a conversation, the oldest message first. */
export function chatMessages({ maxMessages }: Limits) {
  return Type.Array(ChatMessage, {
    minItems: 1,
    maxItems: maxMessages,
    description: `a list of 1 to ${maxMessages} messages`
  })
}

/** The text of a message. What the model refused with is what it said. */
export function textOf({ content, refusal }: ChatMessage): string {
  const text = typeof content === 'string' ? content : (content ?? []).map(textOfPart).join('')
  return text === '' ? (refusal ?? '') : text
}

function textOfPart(part: Static<typeof Part>): string {
  return part.type === 'text' ? part.text : part.refusal
}

const findTextPartProblem = compileValidator(TextPart)
const findPartProblem = compileValidator(Part)

/** What a schema cannot say, or would say only of the message's content as a whole. */
export function findMessageProblem(input: unknown, { maxTextLength, maxMessages }: Limits): Problem | undefined {
  const { messages } = (input ?? {}) as { messages?: unknown }
  if (!Array.isArray(messages) || messages.length > maxMessages) return undefined
  for (const [index, message] of messages.entries()) {
    const { role, content, refusal } = (message ?? {}) as { [name: string]: unknown }
    const where = `messages/${index}/content`
    const isOwn = role === 'assistant'
    if (typeof message === 'object' && message !== null && (content ?? null) === null && !isOwn) {
      const what = `takes a string of up to ${maxTextLength} characters, or a list of text parts`
      return { where, what: content === undefined ? `is missing, it ${what}` : what }
    }
    const parts: unknown[] = Array.isArray(content) ? content : []
    const wrong = parts.findIndex(part => (isOwn ? findPartProblem : findTextPartProblem)(part) !== undefined)
    if (wrong >= 0) {
      return { where: `${where}/${wrong}`, what: 'takes { type: "text", text }, a string: no other part is supported' }
    }
    const texts = [content, refusal, ...(parts as Static<typeof Part>[]).map(textOfPart)]
    const length = texts.reduce<number>((sum, text) => sum + (typeof text === 'string' ? text.length : 0), 0)
    if (length > maxTextLength) {
      return { where, what: `takes up to ${maxTextLength} characters, all parts together` }
    }
  }
  return undefined
}
