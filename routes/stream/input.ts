import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { compileValidator, type Problem, STREAM_ID_PATTERN } from '../../plugin/toolkit.js'
import { FST_SSE_INPUT_INVALID } from '../errors.js'
import { type Message, messagesSchema, textSchema } from '../generate.js'
import type { Limits } from '../limits.js'
import type { InputCheck } from '../route-settings.js'

/** The path parameters of `/stream/:id`. */
export const StreamParams = Type.Object({
  id: Type.String({
    pattern: STREAM_ID_PATTERN.source,
    description: 'the x-stream-id of the response that the stream began with'
  })
})

/** The plugin reads it. */
const LastEventId = Type.Optional(
  Type.String({ description: 'a string, the Last-Event-ID of a client that cannot send the header' })
)

/** `{ prompt }`: a conversation of one message of the user. */
export interface PromptInput {
  prompt: string
}

/** The body of `POST /stream`. */
export type BodyInput = PromptInput | { messages: Message[] }

export type StreamParams = Static<typeof StreamParams>

/** The conversation that the input of a request stands for. */
export function messagesOf(input: BodyInput): Message[] {
  return 'prompt' in input ? [{ role: 'user', content: input.prompt }] : input.messages
}

export const checkParams = makeCheck('params', compileValidator(StreamParams))

/**
 * What the routes take, within limits: its schemas, and the checks that go with them. The checks see the input as it
 * was sent; Fastify's own would turn a number into a string and drop unknown fields.
 */
export function streamInput(limits: Limits, lastEventIdParameter: string | false) {
  const Text = textSchema(limits)
  const lastEventId = lastEventIdParameter === false ? {} : { [lastEventIdParameter]: LastEventId }
  const PromptQuery = closed({ prompt: Text, ...lastEventId })
  const NoQuery = closed(lastEventId)
  const PromptBody = closed({ prompt: Text })
  const MessagesBody = closed({ messages: messagesSchema(limits) })
  const findPromptProblem = compileValidator(PromptBody)
  const findMessagesProblem = compileValidator(MessagesBody)

  function findBodyProblem(body: unknown): Problem | undefined {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      return { where: '', what: 'takes application/json: an object with prompt or messages' }
    }
    if ('messages' in body === 'prompt' in body) {
      return { where: '', what: `takes either prompt (${Text.description}) or messages` }
    }
    return 'messages' in body ? findMessagesProblem(body) : findPromptProblem(body)
  }

  return {
    schemas: { promptQuery: PromptQuery, noQuery: NoQuery, body: Type.Union([PromptBody, MessagesBody]) },
    checkPromptQuery: makeCheck('query', compileValidator(PromptQuery)),
    checkNoQuery: makeCheck('query', compileValidator(NoQuery)),
    checkBody: makeCheck('body', findBodyProblem)
  }
}

function closed(properties: Record<string, TSchema>) {
  return Type.Object(properties, { additionalProperties: false })
}

function makeCheck(part: string, findProblem: (value: unknown) => Problem | undefined): InputCheck {
  return value => {
    const problem = findProblem(value)
    if (problem === undefined) return undefined
    return new FST_SSE_INPUT_INVALID([part, problem.where].filter(Boolean).join('/'), problem.what)
  }
}
