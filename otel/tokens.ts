/** How many tokens a generation took. */
export interface Tokens {
  readonly input: number | undefined
  readonly output: number | undefined
}

/** What providers call the tokens of a prompt, and those of an answer. */
const INPUT = ['promptTokens', 'inputTokens', 'prompt_tokens', 'input_tokens', 'promptTokenCount', 'prompt_eval_count']
const OUTPUT = [
  'completionTokens',
  'outputTokens',
  'completion_tokens',
  'output_tokens',
  'candidatesTokenCount',
  'eval_count'
]

/** Reads how many tokens a usage counts, in the fields of whichever provider. */
export function tokensIn(usage: Readonly<Record<string, unknown>> | undefined): Tokens {
  return { input: numberIn(usage, INPUT), output: numberIn(usage, OUTPUT) }
}

function numberIn(usage: Readonly<Record<string, unknown>> = {}, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = usage[name]
    if (typeof value === 'number' && value >= 0) return value
  }
  return undefined
}
