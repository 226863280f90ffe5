export { type OpenAiOptions, openAiSource } from './openai.js'
