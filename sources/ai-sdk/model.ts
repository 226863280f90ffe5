/**
 * A language model of the AI SDK, of any provider: what `openai('gpt-5')` or `anthropic('claude-sonnet-5-5')` returns.
 * The versions 2, 3 and 4 of the SDK's provider interface are known, which `ai` 5, 6 and 7 use.
 */
export interface LanguageModel {
  readonly specificationVersion: 'v2' | 'v3' | 'v4'
  readonly provider: string
  readonly modelId: string
  doStream(options: never): PromiseLike<{ readonly stream: unknown }>
}

/** The name of the provider, which its options have too. That of a model adds the API: `openai.chat`. */
export function nameOf({ provider }: LanguageModel): string {
  return String(provider).replace(/\..*/s, '')
}
