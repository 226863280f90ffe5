import diagnostics from 'node:diagnostics_channel'
import type { GenerationFinishMessage, GenerationStartMessage } from './framing/finish/generation-channels.js'
import { nameOf } from './observe/channel.js'
import type { RefusalMessage } from './response/limits/refusal.js'
import type {
  StreamCloseMessage,
  StreamDrainMessage,
  StreamFirstEventMessage,
  StreamMessage,
  StreamResumeMessage
} from './response/summary/stream-channels.js'
import type { StoreFailureMessage } from './stores/failure-channel.js'

/** What each diagnostics channel publishes, by its name without `fastify-sse-from:`. */
export interface ChannelMessages {
  'stream.open': StreamMessage
  'stream.first-event': StreamFirstEventMessage
  'stream.wait': StreamMessage
  'stream.drain': StreamDrainMessage
  'stream.resume': StreamResumeMessage
  'stream.close': StreamCloseMessage
  'generation.start': GenerationStartMessage
  'generation.finish': GenerationFinishMessage
  refusal: RefusalMessage
  'store.failure': StoreFailureMessage
}

/** Called with each message of a channel. What it throws becomes an `uncaughtException`, as Node has it. */
export type ChannelListener<Name extends keyof ChannelMessages> = (message: ChannelMessages[Name]) => void

/**
 * Listens to a diagnostics channel of the plugin. It is `diagnostics_channel.subscribe` of Node, with types.
 *
 * @example
 * ```ts
 * const stop = listen('stream.close', ({ summary }) => closed.inc({ outcome: summary.outcome }))
 * ```
 *
 * @param name the name of the channel without `fastify-sse-from:`
 * @returns a function that ends it
 */
export function listen<const Name extends keyof ChannelMessages>(
  name: Name,
  listener: ChannelListener<Name>
): () => void {
  const onMessage = (message: unknown) => listener(message as ChannelMessages[Name])
  diagnostics.subscribe(nameOf(name), onMessage)
  return () => void diagnostics.unsubscribe(nameOf(name), onMessage)
}
