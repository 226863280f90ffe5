import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { compileValidator, type Problem } from '../../plugin/toolkit.js'
import { FST_SSE_INPUT_INVALID } from '../errors.js'
import type { Message } from '../generate.js'
import type { Limits } from '../limits.js'
import type { InputCheck } from '../route-settings.js'
import { type ChatMessage, chatMessages, findMessageProblem, textOf } from './messages.js'
import { parameters } from './parameters.js'

/** The body of a request for a chat completion: the parameters of OpenAI's API that are supported. */
export type ChatInput = Static<ReturnType<typeof chatSchema>>

function chatSchema(limits: Limits) {
  return Type.Object(
    { model: Type.String({ description: 'the id of a model' }), messages: chatMessages(limits), ...parameters },
    { additionalProperties: false, description: 'application/json: an object with model and messages' }
  )
}

/** The conversation for `generate`. `developer` is OpenAI's newer word for `system`. */
export function messagesOf(messages: readonly ChatMessage[]): Message[] {
  return messages.map(message => ({
    role: message.role === 'developer' ? 'system' : message.role,
    content: textOf(message)
  }))
}

/** What the route takes, within limits: its schema, and its check of the body as it was sent. */
export function chatInput(limits: Limits): { schema: TSchema; check: InputCheck } {
  const schema = chatSchema(limits)
  const findProblem = compileValidator(schema)
  return {
    schema,
    /** Names the wrong parameter as OpenAI does. */
    check(input) {
      const problem = findMessageProblem(input, limits) ?? findProblem(input) ?? streamOptionsAlone(input as ChatInput)
      if (problem === undefined) return undefined
      const { where, what } = problem
      const param = where === '' ? null : where.replace(/\/(\d+)/g, '[$1]').replaceAll('/', '.')
      return Object.assign(new FST_SSE_INPUT_INVALID(param ?? 'body', what), { param })
    }
  }
}

function streamOptionsAlone({ stream, stream_options: options }: ChatInput): Problem | undefined {
  if (!options || stream) return undefined
  return { where: 'stream_options', what: 'is allowed only with stream: true' }
}
