import { randomUUID } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import type { CompletionEnd, CompletionHead } from '../../plugin/toolkit.js'
import { finishOf } from '../generate.js'

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

const CompletionUsage = Type.Object({ prompt_tokens: Count, completion_tokens: Count, total_tokens: Count })

const head = { id: Type.String(), created: Count, model: Type.String(), system_fingerprint: Nothing }

/** A whole answer. */
export const ChatCompletion = Type.Object({
  ...head,
  object: Type.Literal('chat.completion'),
  choices: Type.Array(
    Type.Object({
      index: Count,
      message: Type.Object({ role: Type.Literal('assistant'), content: Type.String(), refusal: Nothing }),
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
      delta: Type.Object({ role: Type.Optional(Type.Literal('assistant')), content: Type.Optional(Type.String()) }),
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
  return { id: `chatcmpl-${randomUUID()}`, created: now(), model, system_fingerprint: null }
}

/**
 * The whole answer of a model.
 *
 * @param returned what `generate` returned
 * @throws FST_SSE_EVENT_INVALID
 */
export function wholeCompletion(head: CompletionHead, text: string, returned: unknown): ChatCompletion {
  const { finish_reason, usage } = completionEnd(returned)
  const message = { role: 'assistant' as const, content: text, refusal: null }
  return {
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason }],
    usage
  }
}

/**
 * How an answer ended, in the words of OpenAI's API.
 *
 * @param returned what `generate` returned
 * @throws FST_SSE_EVENT_INVALID
 */
export function completionEnd(returned: unknown): CompletionEnd {
  const { finishReason, usage } = finishOf(returned)
  if (usage === undefined) return { finish_reason: finishReason }
  const { promptTokens, completionTokens, totalTokens } = usage
  return {
    finish_reason: finishReason,
    usage: { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: totalTokens }
  }
}
