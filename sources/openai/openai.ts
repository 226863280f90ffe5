import type { Generate } from '../../routes/generate.js'
import type { OpenAiOptions } from './options.js'
import { Provider } from './provider.js'

/**
 * Makes a `generate` for any server that speaks OpenAI's chat completions: OpenAI, Azure, vLLM, llama.cpp, Ollama,
 * OpenRouter, Mistral, Gemini and many more. It yields the text of each token. It returns `usage`, if the provider
 * sends it, and `finishReason`: `stop`, `length`, `tool_calls`, `function_call`, `content_filter`, or `unknown` if the
 * provider gives none.
 *
 * Everything that the provider sends is checked. Events that are not chunks are ignored and logged at `debug`. An
 * answer that ends in an error, breaks off, or has text that cannot be read fails with `FST_SSE_PROVIDER_REFUSED` (with
 * the provider's status) or `FST_SSE_PROVIDER_LOST` (502). The provider's words are only in the `cause`, for the log.
 *
 * @throws FST_SSE_OPTION_INVALID
 * @example
 * ```ts
 * import { streamRoutes } from 'fastify-sse-from/routes'
 * import { openAiSource } from 'fastify-sse-from/sources'
 *
 * await app.register(streamRoutes, {
 *   generate: openAiSource({ baseURL: 'http://localhost:11434/v1', model: 'llama3.2' })
 * })
 * ```
 */
export function openAiSource(options: OpenAiOptions): Generate {
  const provider = new Provider(options)
  const generate: Generate = (input, context) => provider.answer(input, context)
  // A function may give whatever clients ask for.
  if (typeof options.model === 'string') generate.model = options.model
  return generate
}
