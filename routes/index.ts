export { Finish, Usage } from '../plugin/toolkit.js'
export type { ActiveStreams, Chat } from './active/active-streams.js'
export { type AgUiRoutesOptions, agUiRoutes } from './ag-ui/ag-ui.js'
export { type AnthropicRoutesOptions, anthropicRoutes } from './anthropic/anthropic.js'
export { type ChatRoutesOptions, chatRoutes } from './chat/chat.js'
export type { AssistantMessage, SystemMessage, ToolMessage, UserMessage } from './contract/message.js'
export { Message } from './contract/message.js'
export type { AnswerFinish } from './finish.js'
export {
  type Answer,
  type AnswerPart,
  type AssistantPart,
  type ContentPart,
  type Feature,
  type FinishReason,
  type Generate,
  type GenerateContext,
  type GenerateRequest,
  type ResponseFormat,
  type TextMessage,
  type TextRequest,
  type Tool,
  type ToolChoice,
  textGenerate
} from './generate.js'
export { type ApiKeyGuardOptions, apiKeyGuard } from './guards/api-key.js'
export { type CorsOptions, corsOptions, type FastifyCorsOptions } from './guards/cors.js'
export { type HostGuardOptions, hostGuard } from './guards/host.js'
export { type OriginGuardOptions, originGuard } from './guards/origin.js'
export type { InputLimits } from './limits.js'
export { type OpenAiRoutesOptions, openAiRoutes } from './openai/openai.js'
export { type ResponsesRoutesOptions, responsesRoutes } from './responses/responses.js'
export { Tokens, WholeAnswer } from './stream/events.js'
export { type StreamRoutesOptions, streamRoutes, streamRoutes as default } from './stream/stream.js'
export { frameworkErrors } from './v1/framework-errors.js'
