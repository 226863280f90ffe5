import { randomUUID } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import {
  type AnswerParts,
  type Finish,
  type MessageHead,
  messageContent,
  messageEnd,
  messageStart
} from '../../plugin/toolkit.js'

const Nothing = Type.Null()
const Count = Type.Integer()
const text = () => Type.String()

/** The body of an error response of Anthropic's API. */
export const AnthropicErrorBody = Type.Object({
  type: Type.Literal('error'),
  error: Type.Object({ type: text(), message: text() })
})

const ContentBlock = Type.Union([
  Type.Object({ type: Type.Literal('text'), text: text() }),
  Type.Object({ type: Type.Literal('thinking'), thinking: text(), signature: text() }),
  Type.Object({ type: Type.Literal('redacted_thinking'), data: text() }),
  Type.Object({ type: Type.Literal('tool_use'), id: text(), name: text(), input: Type.Unknown() })
])

/** A whole answer. */
export const AnthropicMessage = Type.Object({
  id: text(),
  type: Type.Literal('message'),
  role: Type.Literal('assistant'),
  model: text(),
  content: Type.Array(ContentBlock),
  stop_reason: text(),
  stop_sequence: Nothing,
  usage: Type.Object({
    input_tokens: Count,
    cache_creation_input_tokens: Count,
    cache_read_input_tokens: Count,
    output_tokens: Count,
    output_tokens_details: Type.Optional(Type.Object({ thinking_tokens: Count }))
  })
})

export type AnthropicMessage = Static<typeof AnthropicMessage>

/** What a new answer of a model is known by. */
export function newMessage(model: string): MessageHead {
  return { id: `msg_${randomUUID().replaceAll('-', '')}`, model }
}

/** The whole answer of a model. */
export function wholeMessage(head: MessageHead, answer: AnswerParts, finish: Finish): AnthropicMessage {
  const content = messageContent(answer, finish)
  const end = messageEnd(finish, answer.toolCalls.length > 0, answer.refusal !== '')
  return { ...messageStart(head), content, ...end }
}
