export { FST_SSE_PROVIDER_LOST, FST_SSE_PROVIDER_REFUSED } from './openai/errors.js'
export { openAiSource } from './openai/openai.js'
export type { OpenAiOptions } from './openai/options.js'
