export { type OpenAiRoutesOptions, openAiRoutes } from './openai/openai.js'
export { Answer, Finish, Tokens, Usage } from './stream/answer.js'
export { Message, type StreamInput } from './stream/input.js'
export { type Generate, type StreamRoutesOptions, streamRoutes, streamRoutes as default } from './stream/stream.js'
