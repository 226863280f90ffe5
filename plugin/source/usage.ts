/** Numbers of tokens, in the fields of the provider. */
export type Usage = Readonly<Record<string, unknown>>

type Read = (item: Record<string, unknown>) => unknown

/** Where items of known SDKs have their usage. */
const PLACES: readonly Read[] = [
  // The AI SDK: `finish`, whose `usage` is that of the last step only.
  item => item.totalUsage,
  // OpenAI's chat completions; Anthropic's `message_delta`; the AI SDK; what `generate` returns.
  item => item.usage,
  // OpenAI's Responses.
  item => field(item.response, 'usage'),
  // Anthropic's `message_start`.
  item => field(item.message, 'usage'),
  // Gemini, LangChain.
  item => item.usageMetadata,
  item => item.usage_metadata,
  // The UI message stream of the AI SDK, if the app puts it there.
  item => field(item.messageMetadata, 'totalUsage'),
  item => field(item.messageMetadata, 'usage'),
  // Ollama.
  ({ prompt_eval_count, eval_count }) =>
    typeof eval_count === 'number' ? { prompt_eval_count, eval_count } : undefined
]

/** The usage in an item or a return value of a known SDK; `undefined` if there is none. */
export function usageIn(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  for (const read of PLACES) {
    const usage = read(value)
    if (isObject(usage)) return usage
  }
  return undefined
}

/**
 * Adds a later usage to an earlier one. Providers count from the start of the answer, but some give a field only once,
 * such as Anthropic the tokens of the prompt.
 */
export function laterUsage(earlier: Usage | undefined, later: unknown): Usage | undefined {
  if (!isObject(later)) return earlier
  const fields = Object.entries(later).filter(([, value]) => value !== undefined && value !== null)
  return { ...earlier, ...Object.fromEntries(fields) }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function field(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined
}
