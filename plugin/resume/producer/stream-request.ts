import type { FinishSettings } from '../../framing/finish/stream-finish.js'
import type { FrameOptions } from '../../framing/frame-encoder.js'
import type { ProviderKey } from '../../framing/key-refusal.js'
import type { SourceChunks } from '../../framing/source-chunks.js'
import type { Slot } from '../../response/limits/slot.js'
import type { SourceOptions } from '../../source/source.js'
import type { SourceTimeouts } from '../../source/source-deadlines.js'
import type { StreamMeta } from '../log/live-log.js'
import type { OnDisconnect } from '../resumable-options.js'

/** The settings of a producer. */
export interface ProducerSettings extends SourceTimeouts, FinishSettings {
  /** The size of the largest event on the wire, without its id. Bytes. */
  readonly maxEventBytes: number
  /** Whose key the provider is asked with (E1). */
  readonly providerKey: ProviderKey
}

/** The options of a producer. */
export interface ProducerOptions extends FrameOptions, SourceOptions {
  /** Ends the stream for all clients when it is aborted. */
  readonly signal?: AbortSignal | undefined
}

/** Where the events of a new stream come from, and how. */
export interface ProducerSource {
  readonly source: unknown
  readonly options: ProducerOptions
  readonly settings: ProducerSettings
  /** Whether it is a record of the routes, of whose run nobody is told. Default: `false`. */
  readonly isRecord?: boolean
}

/** The stream that a request creates. */
export interface StreamRequest {
  readonly id: string
  readonly meta: StreamMeta
  readonly onDisconnect: OnDisconnect
  readonly chunks: SourceChunks
  readonly signal: AbortSignal | undefined
  readonly settings: ProducerSettings
  /** Whether nobody is told of its run. */
  readonly isRecord: boolean
  /** Takes the slot of the source. */
  readonly takeSlot: () => Slot | Promise<Slot>
}
