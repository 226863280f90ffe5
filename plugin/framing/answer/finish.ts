import { type Static, Type } from '@sinclair/typebox'
import { FST_SSE_EVENT_INVALID } from '../../errors.js'
import { compileValidator } from '../../util/validate.js'

const Count = Type.Integer({ minimum: 0, description: 'a whole number, 0 or more' })

/** The schema of `usage`: how many tokens a prompt and its answer took. */
export const Usage = Type.Object(
  {
    promptTokens: Count,
    completionTokens: Count,
    totalTokens: Count,
    cachedPromptTokens: Type.Optional(Count),
    reasoningTokens: Type.Optional(Count)
  },
  { description: 'an object with promptTokens, completionTokens and totalTokens' }
)

/** Why a model stopped. `function_call` is OpenAI's older word for `tool_calls`. */
const REASONS = ['stop', 'length', 'tool_calls', 'function_call', 'content_filter', 'unknown'] as const

/** The schema of how an answer ended: `{ finishReason, usage? }`. */
export const Finish = Type.Object(
  {
    finishReason: Type.Union(
      REASONS.map(reason => Type.Literal(reason)),
      { description: `one of ${REASONS.join(', ')}` }
    ),
    usage: Type.Optional(Usage)
  },
  { description: 'an object with finishReason and, if known, usage' }
)

/**
 * How many tokens a prompt and its answer took, as the provider counts them: whole numbers, 0 or more.
 * `cachedPromptTokens` are a part of `promptTokens`, and `reasoningTokens` a part of `completionTokens`.
 */
export type Usage = Static<typeof Usage>

/**
 * Why a model stopped: `stop` at the end of its answer, `length` at its limit of tokens, `tool_calls` to have its tools
 * called, `content_filter` because the answer may not be shown, or `unknown`. `function_call` is OpenAI's older word
 * for `tool_calls`.
 */
export type FinishReason = (typeof REASONS)[number]

/** How an answer ended. `usage` is optional, for providers that do not count. */
export interface Finish {
  finishReason: FinishReason
  usage?: Usage | undefined
}

const checkFinish = compileValidator(Finish)

/**
 * Checks how an answer ended.
 *
 * @returns it without what is not declared
 * @throws FST_SSE_EVENT_INVALID that names the wrong field and says what it takes
 */
export function finishOf(returned: unknown): Finish {
  const problem = checkFinish(returned)
  if (problem === undefined) {
    const { finishReason, usage } = returned as Finish
    if (usage === undefined) return { finishReason }
    const { promptTokens, completionTokens, totalTokens, cachedPromptTokens, reasoningTokens } = usage
    const details = {
      ...(cachedPromptTokens !== undefined && { cachedPromptTokens }),
      ...(reasoningTokens !== undefined && { reasoningTokens })
    }
    return { finishReason, usage: { promptTokens, completionTokens, totalTokens, ...details } }
  }
  const field = ['result', problem.where].filter(Boolean).join('/')
  throw new FST_SSE_EVENT_INVALID(`generate returned a wrong result: ${field} ${problem.what}`)
}
