import { type Static, Type } from '@sinclair/typebox'
import { compileValidator, type Problem, STREAM_ID_PATTERN } from '../../plugin/toolkit.js'
import { FST_SSE_INPUT_INVALID } from '../errors.js'
import { type Message, Messages, Text } from '../generate.js'
import type { InputCheck } from '../route-settings.js'

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
export type StreamParams = Static<typeof StreamParams>

/** The conversation that the input of a request stands for. */
export function messagesOf(input: BodyInput): Message[] {
  return 'prompt' in input ? [{ role: 'user', content: input.prompt }] : input.messages
}

const findPromptProblem = compileValidator(PromptInput)
const findMessagesProblem = compileValidator(MessagesInput)

export const checkPromptQuery = makeCheck('query', findPromptProblem)
export const checkNoQuery = makeCheck('query', compileValidator(NoQuery))
export const checkParams = makeCheck('params', compileValidator(StreamParams))
export const checkBody = makeCheck('body', findBodyProblem)

function makeCheck(part: string, findProblem: (value: unknown) => Problem | undefined): InputCheck {
  return value => {
    const problem = findProblem(value)
    if (problem === undefined) return undefined
    return new FST_SSE_INPUT_INVALID([part, problem.where].filter(Boolean).join('/'), problem.what)
  }
}

function findBodyProblem(body: unknown): Problem | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { where: '', what: 'takes application/json: an object with prompt or messages' }
  }
  if ('messages' in body === 'prompt' in body) {
    return { where: '', what: `takes either prompt (${Text.description}) or messages` }
  }
  return 'messages' in body ? findMessagesProblem(body) : findPromptProblem(body)
}
