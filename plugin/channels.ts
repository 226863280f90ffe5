/** The diagnostics channels of the plugin: their names, and what each publishes. */
export type {
  GenerationFinishMessage,
  GenerationStartMessage,
  GenerationSummary,
  ObservedGeneration,
  Unread
} from './framing/finish/generation-channels.js'
export type { RefusalMessage } from './response/limits/refusal.js'
export type {
  ObservedStream,
  StreamCloseMessage,
  StreamDrainMessage,
  StreamFirstEventMessage,
  StreamMessage,
  StreamResumeMessage
} from './response/stream-channels.js'
export type { StoreFailureMessage } from './stores/failure-channel.js'
