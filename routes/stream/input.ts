import { type Static, type TSchema, Type } from '@sinclair/typebox'
import type { FastifySchemaCompiler } from 'fastify'
import { STREAM_ID_PATTERN } from '../../plugin/resume/event-id.js'
import { compileValidator, type Problem } from '../../plugin/util/validate.js'
import { FST_SSE_INPUT_INVALID } from '../errors.js'

export const MAX_TEXT = 100_000
export const MAX_MESSAGES = 1000

/** The largest body that is read at all. Bytes. What is too long but smaller gets an answer that names the field. */
export const MAX_BODY = 4 * 1024 * 1024

const Text = Type.String({
  minLength: 1,
  maxLength: MAX_TEXT,
  description: `a text of 1 to ${MAX_TEXT} characters`
})

/** One message of a conversation. */
export const Message = Type.Object(
  {
    role: Type.Union([Type.Literal('system'), Type.Literal('user'), Type.Literal('assistant')], {
      description: '"system", "user" or "assistant"'
    }),
    content: Text
  },
  { additionalProperties: false, description: 'an object with role and content' }
)

/** `{ prompt }`, which stands for a conversation of one message of the user's. */
export const PromptInput = Type.Object({ prompt: Text }, { additionalProperties: false })

/** `{ messages }`, the conversation so far. */
export const MessagesInput = Type.Object(
  {
    messages: Type.Array(Message, {
      minItems: 1,
      maxItems: MAX_MESSAGES,
      description: `a list of 1 to ${MAX_MESSAGES} messages`
    })
  },
  { additionalProperties: false }
)

export const BodyInput = Type.Union([PromptInput, MessagesInput])

export type Message = Static<typeof Message>

/** What `generate` is given: the conversation so far. A `prompt` is a conversation of one message of the user's. */
export interface StreamInput {
  messages: Message[]
}

export function toInput(input: Static<typeof BodyInput>): StreamInput {
  return 'prompt' in input ? { messages: [{ role: 'user', content: input.prompt }] } : { messages: input.messages }
}

/** The path of a stream. */
export const StreamId = Type.Object({
  id: Type.String({
    pattern: STREAM_ID_PATTERN.source,
    description: 'the x-stream-id of the response that it began with'
  })
})

/** The query of a request whose input is its body. */
export const NoQuery = Type.Object({}, { additionalProperties: false })

const checkPrompt = compileValidator(PromptInput)
const checkMessages = compileValidator(MessagesInput)

/**
 * Checks the input as it came. Fastify's own validator would turn a number into a text and drop what it does not know.
 */
export const compileInput: FastifySchemaCompiler<unknown> = ({ schema, httpPart }) => {
  const part = httpPart === 'querystring' ? 'query' : httpPart
  const check = part === 'body' ? checkBody : compileValidator(schema as TSchema)
  return input => {
    const problem = check(input)
    if (problem === undefined) return { value: input }
    return { error: new FST_SSE_INPUT_INVALID([part, problem.where].filter(Boolean).join('/'), problem.what) }
  }
}

function checkBody(body: unknown): Problem | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { where: '', what: 'takes application/json: an object with prompt or messages' }
  }
  if ('messages' in body === 'prompt' in body) {
    return { where: '', what: `takes either prompt (${Text.description}) or messages` }
  }
  return 'messages' in body ? checkMessages(body) : checkPrompt(body)
}
