import type { FinishSettings } from '../../framing/finish/stream-finish.js'
import type { FrameOptions } from '../../framing/frame-encoder.js'
import type { ProviderKey } from '../../framing/key-refusal.js'
import type { SourceChunks } from '../../framing/source-chunks.js'
import type { Slot } from '../../response/limits/slot.js'
import type { SourceOptions } from '../../source/source.js'
import type { SourceTimeouts } from '../../source/source-deadlines.js'
import type { StreamMeta } from '../log/live-log.js'
import type { OnDisconnect } from '../resumable-options.js'

/** The options of a producer. */
export interface ProducerOptions extends FrameOptions, SourceOptions, SourceTimeouts, FinishSettings {
  /** Ends the stream for all clients when it is aborted. */
  readonly signal?: AbortSignal | undefined
  /** The size of the largest event on the wire, without its id. Bytes. */
  readonly maxEventBytes: number
  /** Whose key the provider is asked with (E1). */
  readonly providerKey: ProviderKey
}

/** The stream that a request creates. */
export interface StreamRequest {
  readonly id: string
  readonly meta: StreamMeta
  readonly onDisconnect: OnDisconnect
  readonly chunks: SourceChunks
  readonly options: ProducerOptions
  /** Takes the slot of the source. */
  readonly takeSlot: () => Slot | Promise<Slot>
}
