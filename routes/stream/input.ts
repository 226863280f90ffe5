import { type Static, type TSchema, Type } from '@sinclair/typebox'
import type { FastifySchemaCompiler } from 'fastify'
import { compileValidator, type Problem, STREAM_ID_PATTERN } from '../../plugin/toolkit.js'
import { FST_SSE_INPUT_INVALID } from '../errors.js'
import { type Message, Messages, Text } from '../generate.js'

/** `{ prompt }`: a conversation of one message of the user. */
export const PromptInput = Type.Object({ prompt: Text }, { additionalProperties: false })

/** `{ messages }`: the conversation so far. */
export const MessagesInput = Type.Object({ messages: Messages }, { additionalProperties: false })

/** The body of `POST /stream`. */
export const BodyInput = Type.Union([PromptInput, MessagesInput])

/** The path parameters of `/stream/:id`. */
export const StreamParams = Type.Object({
  id: Type.String({
    pattern: STREAM_ID_PATTERN.source,
    description: 'the x-stream-id of the response that the stream began with'
  })
})

/** The query of `POST /stream`, which takes its input from the body. */
export const NoQuery = Type.Object({}, { additionalProperties: false })

export type PromptInput = Static<typeof PromptInput>
export type BodyInput = Static<typeof BodyInput>

/** The conversation that the input of a request stands for. */
export function messagesOf(input: BodyInput): Message[] {
  return 'prompt' in input ? [{ role: 'user', content: input.prompt }] : input.messages
}

const checkPrompt = compileValidator(PromptInput)
const checkMessages = compileValidator(MessagesInput)

/**
 * The validator of the routes. It checks the input as it was sent; Fastify's own would turn a number into a string and
 * drop unknown fields.
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
