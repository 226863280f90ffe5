import { type Static, Type } from '@sinclair/typebox'
import type { FastifySchemaCompiler } from 'fastify'
import { compileCheck } from '../plugin/check.js'
import { FST_SSE_INPUT_INVALID } from './errors.js'

const MAX_TEXT = 100_000
const MAX_MESSAGES = 1000

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

/**
 * Checks the input as it came. Fastify's own validator would turn a number into a text and drop what it does not know.
 */
export const compileInput: FastifySchemaCompiler<unknown> = ({ httpPart }) => {
  const part = httpPart === 'querystring' ? 'query' : 'body'
  const checks = { prompt: compileCheck(PromptInput), messages: compileCheck(MessagesInput) }
  return input => {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      return { error: new FST_SSE_INPUT_INVALID(part, 'takes an object with prompt or messages') }
    }
    const form = part === 'body' && 'messages' in input ? 'messages' : 'prompt'
    if (part === 'body' && 'messages' in input === 'prompt' in input) {
      return { error: new FST_SSE_INPUT_INVALID(part, `takes either prompt (${Text.description}) or messages`) }
    }
    const problem = checks[form](input)
    if (problem === undefined) return { value: input }
    return { error: new FST_SSE_INPUT_INVALID(`${part}/${problem.where}`, problem.what) }
  }
}
