export { Answer, Finish, Tokens, Usage } from './answer.js'
export { Message, type StreamInput } from './input.js'
export { type OpenAiRoutesOptions, openAiRoutes } from './openai.js'
export { type Generate, type StreamRoutesOptions, streamRoutes, streamRoutes as default } from './stream.js'
