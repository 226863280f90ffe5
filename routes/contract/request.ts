import { type Static, type TSchema, Type } from '@sinclair/typebox'
import type { Limits } from '../limits.js'
import { Extra } from './content.js'
import { Message } from './message.js'
import { ResponseFormat, Tool, ToolChoice } from './tool.js'

const number = () => Type.Optional(Type.Number({ description: 'a number' }))
const string = (description: string) => Type.Optional(Type.String({ description }))

/** What a request may say beside its messages. */
export const requestOptions = {
  model: string('the name of a model'),
  tools: Type.Optional(Type.Array(Tool, { description: 'a list of tools' })),
  toolChoice: Type.Optional(ToolChoice),
  parallelToolCalls: Type.Optional(Type.Boolean({ description: 'true or false' })),
  responseFormat: Type.Optional(ResponseFormat),
  temperature: number(),
  topP: number(),
  maxTokens: Type.Optional(Type.Integer({ minimum: 1, description: 'a whole number, 1 or more' })),
  stop: Type.Optional(Type.Array(Type.String(), { description: 'a list of strings' })),
  seed: Type.Optional(Type.Integer({ description: 'a whole number' })),
  presencePenalty: number(),
  frequencyPenalty: number(),
  reasoningEffort: string('a string, such as low, medium or high'),
  user: string('a string that names the end user'),
  metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'an object' })),
  extra: Extra
} as const satisfies Record<string, TSchema>

/** The schema of the options of a request. */
export const RequestOptions = Type.Object(requestOptions, { additionalProperties: false })

/** The schema of a conversation, the oldest message first. */
export function messagesSchema({ maxMessages }: Limits) {
  return Type.Array(Message, {
    minItems: 1,
    maxItems: maxMessages,
    description: `a list of 1 to ${maxMessages} messages`
  })
}

/** What a request may say beside its messages. */
export type RequestOptions = Static<typeof RequestOptions>

/**
 * What `generate` is asked, in the same words whatever API the client speaks. What a client leaves out, or gives as
 * `null`, is not there.
 */
export interface GenerateRequest extends RequestOptions {
  /**
   * The conversation so far, the oldest message first, within the limits of the routes. A `prompt` is a conversation of
   * one message of the user.
   */
  messages: Message[]
  /** The API that the client speaks, whose names `extra` has; `undefined` for `/stream`. */
  api?: 'chat-completions' | 'responses' | 'messages' | 'ai-sdk' | 'ag-ui' | undefined
}
