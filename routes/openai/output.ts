import { randomUUID } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import {
  type AnswerParts,
  type CompletionHead,
  chatToolCall,
  completionEnd,
  type Finish
} from '../../plugin/toolkit.js'

const Count = Type.Integer()
const Nothing = Type.Null()

/** The body of an error response of OpenAI's API. */
export const OpenAiErrorBody = Type.Object({
  error: Type.Object({
    message: Type.String(),
    type: Type.String(),
    param: Type.Union([Type.String(), Nothing]),
    code: Type.Union([Type.String(), Nothing])
  })
})

const CompletionUsage = Type.Object({
  prompt_tokens: Count,
  completion_tokens: Count,
  total_tokens: Count,
  prompt_tokens_details: Type.Optional(Type.Object({ cached_tokens: Count })),
  completion_tokens_details: Type.Optional(Type.Object({ reasoning_tokens: Count }))
})

const CalledFunction = Type.Object({ name: Type.String(), arguments: Type.String() })
const ToolCall = Type.Object({ id: Type.String(), type: Type.Literal('function'), function: CalledFunction })
const ToolCallDelta = Type.Object({
  index: Count,
  id: Type.Optional(Type.String()),
  type: Type.Optional(Type.Literal('function')),
  function: Type.Partial(CalledFunction)
})

const head = { id: Type.String(), created: Count, model: Type.String() }

/** A whole answer. */
export const ChatCompletion = Type.Object({
  ...head,
  object: Type.Literal('chat.completion'),
  choices: Type.Array(
    Type.Object({
      index: Count,
      message: Type.Object({
        role: Type.Literal('assistant'),
        content: Type.Union([Type.String(), Nothing]),
        refusal: Type.Union([Type.String(), Nothing]),
        reasoning_content: Type.Optional(Type.String()),
        tool_calls: Type.Optional(Type.Array(ToolCall))
      }),
      logprobs: Nothing,
      finish_reason: Type.String()
    })
  ),
  usage: Type.Optional(CompletionUsage)
})

/** The data of one event of an answer. */
export const ChatCompletionChunk = Type.Object({
  ...head,
  object: Type.Literal('chat.completion.chunk'),
  choices: Type.Array(
    Type.Object({
      index: Count,
      delta: Type.Object({
        role: Type.Optional(Type.Literal('assistant')),
        content: Type.Optional(Type.String()),
        refusal: Type.Optional(Type.String()),
        reasoning_content: Type.Optional(Type.String()),
        tool_calls: Type.Optional(Type.Array(ToolCallDelta))
      }),
      logprobs: Nothing,
      finish_reason: Type.Union([Type.String(), Nothing])
    })
  ),
  usage: Type.Optional(Type.Union([CompletionUsage, Nothing]))
})

/** One model that clients may ask for. */
export const Model = Type.Object({
  id: Type.String(),
  object: Type.Literal('model'),
  created: Count,
  owned_by: Type.String()
})

/** All models that clients may ask for. */
export const ModelList = Type.Object({ object: Type.Literal('list'), data: Type.Array(Model) })

export type ChatCompletion = Static<typeof ChatCompletion>
export type Model = Static<typeof Model>

/** Seconds since 1970. */
export function now(): number {
  return Math.floor(Date.now() / 1000)
}

/** What a new answer of a model is known by. */
export function newCompletion(model: string): CompletionHead {
  return { id: `chatcmpl-${randomUUID()}`, created: now(), model }
}

/** The whole answer of a model. A message that calls tools or refuses, and says nothing, has no content. */
export function wholeCompletion(head: CompletionHead, answer: AnswerParts, finish: Finish): ChatCompletion {
  const { text, refusal, reasoning, toolCalls } = answer
  const { finish_reason, usage } = completionEnd(finish, toolCalls.length > 0)
  const message = {
    role: 'assistant' as const,
    content: text === '' && (refusal !== '' || toolCalls.length > 0) ? null : text,
    refusal: refusal === '' ? null : refusal,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls.map(chatToolCall) })
  }
  return {
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason }],
    usage
  }
}
