import type { Usage } from '../../../routes/generate.js'
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
  return { promptTokens, completionTokens, totalTokens: total ?? promptTokens + completionTokens }
}

function toCount(value: unknown): number | undefined {
  const count = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined
}

function minus(total: number | undefined, part: number | undefined): number | undefined {
  return total === undefined || part === undefined || part > total ? undefined : total - part
}
