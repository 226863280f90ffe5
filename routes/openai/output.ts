import { randomUUID } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { FST_SSE_EVENT_INVALID } from '../../plugin/errors.js'
import type { ErrorData } from '../../plugin/framing/failure.js'
import { openAiError } from '../../plugin/framing/protocols/openai.js'
import type { Protocol, ProtocolStream } from '../../plugin/framing/protocols/protocol.js'
import { awaited, type SseEvent } from '../../plugin/sse/event.js'
import { describe } from '../../plugin/util/describe.js'
import { Finish, type Usage } from '../stream/answer.js'

const Count = Type.Integer()
const Nothing = Type.Null()

/** An error as OpenAI's API has it. */
export const ErrorBody = Type.Object({
  error: Type.Object({
    message: Type.String(),
    type: Type.String(),
    param: Type.Union([Type.String(), Nothing]),
    code: Type.Union([Type.String(), Nothing])
  })
})

const ChatUsage = Type.Object({ prompt_tokens: Count, completion_tokens: Count, total_tokens: Count })

const common = { id: Type.String(), created: Count, model: Type.String(), system_fingerprint: Nothing }

/** A whole answer. */
export const ChatCompletion = Type.Object({
  ...common,
  object: Type.Literal('chat.completion'),
  choices: Type.Array(
    Type.Object({
      index: Count,
      message: Type.Object({ role: Type.Literal('assistant'), content: Type.String(), refusal: Nothing }),
      logprobs: Nothing,
      finish_reason: Type.String()
    })
  ),
  usage: Type.Optional(ChatUsage)
})

/** What a part of an answer carries. */
export const ChatCompletionChunk = Type.Object({
  ...common,
  object: Type.Literal('chat.completion.chunk'),
  choices: Type.Array(
    Type.Object({
      index: Count,
      delta: Type.Object({ role: Type.Optional(Type.Literal('assistant')), content: Type.Optional(Type.String()) }),
      logprobs: Nothing,
      finish_reason: Type.Union([Type.String(), Nothing])
    })
  ),
  usage: Type.Optional(Type.Union([ChatUsage, Nothing]))
})

export const Model = Type.Object({
  id: Type.String(),
  object: Type.Literal('model'),
  created: Count,
  owned_by: Type.String()
})

export const ModelList = Type.Object({ object: Type.Literal('list'), data: Type.Array(Model) })

/** Seconds since 1970. */
export function now(): number {
  return Math.floor(Date.now() / 1000)
}

/** An answer of a model: what all its parts have in common. */
export class Completion {
  readonly #common: object

  constructor(model: string) {
    this.#common = { id: `chatcmpl-${randomUUID()}`, created: now(), model, system_fingerprint: null }
  }

  /** @throws FST_SSE_EVENT_INVALID */
  whole(text: string, returned: unknown): object {
    const { finishReason, usage } = finishOf(returned)
    const message = { role: 'assistant', content: text, refusal: null }
    return {
      ...this.#common,
      object: 'chat.completion',
      choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
      usage: usageOf(usage)
    }
  }

  chunk(choices: object[], usage?: object | null): SseEvent {
    return { data: { ...this.#common, object: 'chat.completion.chunk', choices, usage } }
  }
}

/** The framing of a completion: its items are the texts of tokens, and its source returns how the answer ended. */
export function completionProtocol(completion: Completion, includesUsage: boolean): Protocol<string> {
  return { start: () => new CompletionStream(completion, includesUsage) }
}

class CompletionStream implements ProtocolStream<string> {
  readonly #completion: Completion
  readonly #includesUsage: boolean
  #hasBegun = false

  constructor(completion: Completion, includesUsage: boolean) {
    this.#completion = completion
    this.#includesUsage = includesUsage
  }

  item(token: unknown): SseEvent {
    return this.#chunk({ content: textOf(token) }, null)
  }

  end(returned: unknown): SseEvent[] {
    const { finishReason, usage } = finishOf(returned)
    const last = [this.#chunk({}, finishReason)]
    if (this.#includesUsage) last.push(this.#completion.chunk([], usageOf(usage) ?? null))
    return [...last, { data: '[DONE]' }]
  }

  error(failure: ErrorData): SseEvent {
    return { data: { error: openAiError(failure) } }
  }

  /** The first one says who speaks. */
  #chunk(delta: object, finish_reason: string | null): SseEvent {
    const first = this.#hasBegun ? {} : { role: 'assistant' }
    this.#hasBegun = true
    const choice = { index: 0, delta: { ...first, ...delta }, logprobs: null, finish_reason }
    return this.#completion.chunk([choice], this.#includesUsage ? null : undefined)
  }
}

/** @throws FST_SSE_EVENT_INVALID */
export function textOf(token: unknown): string {
  if (typeof awaited(token) === 'string') return token as string
  throw new FST_SSE_EVENT_INVALID(`a token is a text, but it is ${describe(token)}`)
}

function finishOf(returned: unknown): Finish {
  if (Value.Check(Finish, returned)) return returned
  throw new FST_SSE_EVENT_INVALID(`generate returns { finishReason, usage? }, but it is ${describe(returned)}`)
}

function usageOf(usage: Usage | undefined): object | undefined {
  if (usage === undefined) return undefined
  const { promptTokens, completionTokens, totalTokens } = usage
  return { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: totalTokens }
}
