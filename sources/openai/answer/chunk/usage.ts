import type { Usage } from '../../../../routes/generate.js'
import { isObject } from './values.js'

/** Reads the numbers of tokens. Any two of the three give the third. */
export function readUsage(usage: unknown): Usage | undefined {
  if (!isObject(usage)) return undefined
  const prompt = toCount(usage.prompt_tokens ?? usage.input_tokens)
  const completion = toCount(usage.completion_tokens ?? usage.output_tokens)
  const total = toCount(usage.total_tokens)
  const promptTokens = prompt ?? minus(total, completion)
  const completionTokens = completion ?? minus(total, prompt)
  if (promptTokens === undefined || completionTokens === undefined) return undefined
  const cachedPromptTokens = detailOf(usage.prompt_tokens_details ?? usage.input_tokens_details, 'cached_tokens')
  const reasoningTokens = detailOf(usage.completion_tokens_details ?? usage.output_tokens_details, 'reasoning_tokens')
  return {
    promptTokens,
    completionTokens,
    totalTokens: total ?? promptTokens + completionTokens,
    ...(cachedPromptTokens !== undefined && { cachedPromptTokens }),
    ...(reasoningTokens !== undefined && { reasoningTokens })
  }
}

function detailOf(details: unknown, name: string): number | undefined {
  return isObject(details) ? toCount(details[name]) : undefined
}

function toCount(value: unknown): number | undefined {
  const count = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined
}

function minus(total: number | undefined, part: number | undefined): number | undefined {
  return total === undefined || part === undefined || part > total ? undefined : total - part
}
