import type { LanguageModel } from './model.js'

/** The models that are told a number of tokens to think with. Newer ones decide for themselves, by the effort. */
const TAKES_BUDGET = /claude-(3|(opus|sonnet|haiku)-4(-[015])?(?!-?\d(?!\d)))/

/** The tokens to think with. None is more than the least that these models may answer with. */
const BUDGETS: ReadonlyMap<string, number> = new Map([
  ['minimal', 1024],
  ['low', 4096],
  ['medium', 12_288],
  ['high', 24_576],
  ['xhigh', 24_576],
  ['max', 24_576]
])

/**
 * The options of Anthropic's provider for an effort. `ai` 7 takes the effort itself, and has no need of them.
 */
export function thinkingOf(
  effort: string | undefined,
  { modelId, specificationVersion }: LanguageModel
): Record<string, unknown> {
  if (effort === undefined || specificationVersion === 'v4') return {}
  if (effort === 'none') return { thinking: { type: 'disabled' } }
  const budgetTokens = TAKES_BUDGET.test(modelId) ? BUDGETS.get(effort) : undefined
  if (budgetTokens !== undefined) return { thinking: { type: 'enabled', budgetTokens } }
  // The provider refuses an effort that there is not.
  return { thinking: { type: 'adaptive' }, effort: effort === 'minimal' ? 'low' : effort }
}
