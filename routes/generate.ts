import { type Static, Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import type { SourceIterable, SourceSignal, SseSource } from '../plugin/index.js'
import { compileValidator, FST_SSE_EVENT_INVALID, FST_SSE_OPTION_INVALID } from '../plugin/toolkit.js'
import { inputLimits, type Limits } from './limits.js'

/** The schema of the text of a message: never empty, and limited in length. */
export function textSchema({ maxTextLength }: Limits) {
  return Type.String({
    minLength: 1,
    maxLength: maxTextLength,
    description: `a string of 1 to ${maxTextLength} characters`
  })
}

function messageSchema(limits: Limits) {
  return Type.Object(
    {
      role: Type.Union([Type.Literal('system'), Type.Literal('user'), Type.Literal('assistant')], {
        description: '"system", "user" or "assistant"'
      }),
      content: textSchema(limits)
    },
    { additionalProperties: false, description: 'an object with role and content' }
  )
}

/** The schema of a conversation, the oldest message first. */
export function messagesSchema(limits: Limits) {
  const { maxMessages } = limits
  return Type.Array(messageSchema(limits), {
    minItems: 1,
    maxItems: maxMessages,
    description: `a list of 1 to ${maxMessages} messages`
  })
}

/** The schema of one message of a conversation, with the default limits: `{ role, content }`. */
export const Message = messageSchema(inputLimits({}))

const Count = Type.Integer({ minimum: 0, description: 'a whole number, 0 or more' })

/** The schema of `usage`: how many tokens a prompt and its answer took. */
export const Usage = Type.Object(
  { promptTokens: Count, completionTokens: Count, totalTokens: Count },
  { description: 'an object with promptTokens, completionTokens and totalTokens' }
)

/** The schema of how an answer ended: `{ finishReason, usage? }`. */
export const Finish = Type.Object(
  {
    finishReason: Type.String({ description: 'a string that says why the model stopped' }),
    usage: Type.Optional(Usage)
  },
  { description: 'an object with finishReason and, if known, usage' }
)

/** One message of a conversation. */
export type Message = Static<typeof Message>

/** How many tokens a prompt and its answer took, as the provider counts them: whole numbers, 0 or more. */
export type Usage = Static<typeof Usage>

/**
 * How an answer ended. `generate` returns it, and the last event of `/stream` carries it.
 *
 * `finishReason` says why the model stopped: `stop` at the end of its answer, `length` at its limit of tokens, or
 * whatever the provider says. `usage` is optional, for providers that do not count.
 */
export type Finish = Static<typeof Finish>

/** What `generate` is asked. */
export interface GenerateInput {
  /**
   * The conversation so far, the oldest message first, within the limits of the routes. A `prompt` is a conversation of
   * one message of the user.
   */
  messages: Message[]
}

/** What `generate` knows of the request. */
export interface GenerateContext {
  /**
   * Aborted when nobody needs the answer any more, for example because the client has left. Its `reason` says why. Pass
   * it on to the provider, so that it stops too. See `SourceContext`.
   */
  readonly signal: SourceSignal
  /** The request that the answer is for. The routes have validated its body and query. */
  readonly request: FastifyRequest
}

/**
 * What an application gives the routes: it answers a conversation. It yields the text of each token as a string, and
 * returns a `Finish`. The same function serves all routes.
 *
 * An error that it throws before the first token becomes an error response with the `statusCode` or `status` of the
 * error; a later one becomes the `error` event of the route. A return value other than a `Finish` is an error too.
 *
 * @example
 * ```ts
 * const generate: Generate = async function* ({ messages }, { signal }) {
 *   const stream = await openai.chat.completions.create({ model, messages, stream: true }, { signal })
 *   let finishReason = 'stop'
 *   for await (const { choices: [choice] } of stream) {
 *     if (choice?.delta.content) yield choice.delta.content
 *     finishReason = choice?.finish_reason ?? finishReason
 *   }
 *   return { finishReason }
 * }
 * ```
 */
export type Generate = (
  input: GenerateInput,
  context: GenerateContext
) => SourceIterable<string, Finish> | Promise<SourceIterable<string, Finish>>

/** @throws FST_SSE_OPTION_INVALID */
export function checkGenerate(generate: unknown): void {
  if (typeof generate !== 'function') throw new FST_SSE_OPTION_INVALID('generate', 'takes a function')
}

/** The source of one answer, for `reply.sseFrom` or `sendWhole`. */
export function sourceOf(generate: Generate, messages: Message[], request: FastifyRequest): SseSource<string, Finish> {
  return ({ signal }) => generate({ messages }, { signal, request })
}

const checkFinish = compileValidator(Finish)

/**
 * What `generate` returned, without what is not declared.
 *
 * @throws FST_SSE_EVENT_INVALID that names the wrong field and says what it takes
 */
export function finishOf(returned: unknown): Finish {
  const problem = checkFinish(returned)
  if (problem === undefined) {
    const { finishReason, usage } = returned as Finish
    if (usage === undefined) return { finishReason }
    const { promptTokens, completionTokens, totalTokens } = usage
    return { finishReason, usage: { promptTokens, completionTokens, totalTokens } }
  }
  const field = ['result', problem.where].filter(Boolean).join('/')
  throw new FST_SSE_EVENT_INVALID(`generate returned a wrong result: ${field} ${problem.what}`)
}
