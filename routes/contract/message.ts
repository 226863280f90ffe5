import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { type AssistantPart, answerParts, type ContentPart, Extra, inputParts } from './content.js'

function content(parts: Record<string, TSchema>, types: string) {
  const list = Type.Array(Type.Union(Object.values(parts)), { minItems: 1 })
  return Type.Union([Type.String(), list], { description: `a string, or a list of parts with the type ${types}` })
}

function message<Role extends string, Fields extends Record<string, TSchema>>(role: Role, fields: Fields) {
  return Type.Object(
    { role: Type.Literal(role, { description: JSON.stringify(role) }), ...fields, extra: Extra },
    { additionalProperties: false, description: 'an object with role and content' }
  )
}

const InputContent = Type.Unsafe<string | ContentPart[]>(content(inputParts, 'text, image, file or audio'))
const AnswerContent = Type.Unsafe<string | AssistantPart[]>(
  content(answerParts, 'text, reasoning, tool-call or refusal')
)
const Text = Type.String({ description: 'a string' })
const Name = Type.Optional(Type.String({ description: 'a string, the name of who says it' }))

/** The schemas of messages, by their role. */
export const messageSchemas = {
  system: message('system', { content: Text, name: Name }),
  user: message('user', { content: InputContent, name: Name }),
  assistant: message('assistant', { content: AnswerContent, name: Name }),
  tool: message('tool', {
    toolCallId: Type.String({ minLength: 1, description: 'the id of the tool call that this is the result of' }),
    content: InputContent,
    isError: Type.Optional(Type.Boolean({ description: 'true or false: whether the call failed' }))
  })
} as const

/** The schema of one message of a conversation. */
export const Message = Type.Unsafe<Message>(
  Type.Union(Object.values(messageSchemas), { description: 'an object with role and content' })
)

/** What the model shall always heed. */
export type SystemMessage = Static<typeof messageSchemas.system>
/** What the user says. */
export type UserMessage = Static<typeof messageSchemas.user>
/** What the model has answered. Its content may hold the parts that `generate` has yielded. */
export type AssistantMessage = Static<typeof messageSchemas.assistant>
/** What a tool has given for a call. */
export type ToolMessage = Static<typeof messageSchemas.tool>

/** One message of a conversation. */
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage
