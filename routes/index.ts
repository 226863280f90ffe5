export { Finish, type Generate, type GenerateContext, type GenerateInput, Message, Usage } from './generate.js'
export { type OpenAiRoutesOptions, openAiRoutes } from './openai/openai.js'
export { Tokens, WholeAnswer } from './stream/output.js'
export { type StreamRoutesOptions, streamRoutes, streamRoutes as default } from './stream/stream.js'
