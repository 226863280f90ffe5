import { type Static, Type } from '@sinclair/typebox'
import { compileValidator, type Problem, STREAM_ID_PATTERN } from '../../plugin/toolkit.js'
import { findProblemOfMessages, findProblemOfOptions } from '../contract/check.js'
import { type GenerateRequest, messagesSchema, requestOptions } from '../contract/request.js'
import { FST_SSE_INPUT_INVALID } from '../errors.js'
import type { Limits } from '../limits.js'
import type { InputCheck } from '../route-settings.js'
import { closed, promptSchema, streamQueries } from './query.js'

/** The path parameters of `/stream/:id`. */
export const StreamParams = Type.Object({
  id: Type.String({
    pattern: STREAM_ID_PATTERN.source,
    description: 'the x-stream-id of the response that the stream began with'
  })
})

/** `{ prompt }`: a conversation of one message of the user. */
export interface PromptInput {
  prompt: string
}

/** The body of `POST /stream`. */
export type BodyInput = PromptInput | GenerateRequest

export type StreamParams = Static<typeof StreamParams>

/** What the input of a request asks `generate`. */
export function requestOf(input: BodyInput): GenerateRequest {
  return 'prompt' in input ? { messages: [{ role: 'user', content: input.prompt }] } : input
}

export const checkParams = makeCheck('params', compileValidator(StreamParams))

/**
 * What the routes take, within limits: its schemas, and the checks that go with them. The checks see the input as it
 * was sent; Fastify's own would turn a number into a string and drop unknown fields.
 *
 * @param queryParameters the names of those that the app reads
 * @throws FST_SSE_OPTION_INVALID
 */
export function streamInput(limits: Limits, lastEventIdParameter: string | false, queryParameters: readonly string[]) {
  const Text = promptSchema(limits)
  const queries = streamQueries(limits, lastEventIdParameter, queryParameters)
  const PromptBody = closed({ prompt: Text })
  const MessagesBody = closed({ messages: messagesSchema(limits), ...requestOptions })
  const findPromptProblem = compileValidator(PromptBody)

  function findBodyProblem(body: unknown): Problem | undefined {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      return { where: '', what: 'takes application/json: an object with prompt or messages' }
    }
    if ('messages' in body === 'prompt' in body) {
      return { where: '', what: `takes either prompt (${Text.description}) or messages` }
    }
    if (!('messages' in body)) return findPromptProblem(body)
    return findProblemOfOptions({ ...body }) ?? findProblemOfMessages(body.messages, limits) ?? findSilence(body)
  }

  return {
    schemas: { ...queries.schemas, body: Type.Union([PromptBody, MessagesBody]) },
    checkPromptQuery: makeCheck('query', queries.findPromptProblem),
    checkNoQuery: makeCheck('query', queries.findProblem),
    checkBody: makeCheck('body', findBodyProblem)
  }
}

/** A message of a user or a system that says nothing is a mistake. */
function findSilence({ messages }: { messages: unknown }): Problem | undefined {
  const index = (messages as GenerateRequest['messages']).findIndex(
    ({ role, content }) => content === '' && (role === 'user' || role === 'system')
  )
  return index < 0 ? undefined : { where: `messages/${index}/content`, what: 'takes a string that is not empty' }
}

function makeCheck(part: string, findProblem: (value: unknown) => Problem | undefined): InputCheck {
  return value => {
    const problem = findProblem(value)
    if (problem === undefined) return undefined
    return new FST_SSE_INPUT_INVALID([part, problem.where].filter(Boolean).join('/'), problem.what)
  }
}
