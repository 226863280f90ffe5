import type { FastifyReply } from 'fastify'
import type { ChunkSource } from '../framing/chunk.js'
import type { ProviderKey } from '../framing/key-refusal.js'
import type { SourceTimeouts } from '../source/source-deadlines.js'
import type { TakeSlot } from './limits/slot.js'
import type { Summary } from './summary/summary.js'
import type { PumpSettings } from './write/pump.js'

/** The settings of a response with a stream. */
export interface EventStreamSettings extends PumpSettings {
  /** How long the head of the response waits for the first event. Milliseconds. */
  readonly commitAfter: number
  /** The amount of data held for a client that reads slowly (S4). Bytes. */
  readonly highWaterMark: number
  /** Whose key the provider is asked with (E1). */
  readonly providerKey: ProviderKey
  /** How long a client may take nothing of what waits for it. Milliseconds, or `false` for any time. */
  readonly writeTimeout: number | false
}

/** What limits a source whose chunks are sent directly. */
export interface SourceLimits {
  readonly timeouts: SourceTimeouts
  readonly takeSlot: TakeSlot
}

/** The parts of an `EventStream`. */
export interface EventStreamParts {
  readonly chunks: ChunkSource
  readonly reply: FastifyReply
  readonly settings: EventStreamSettings
  /** The limits of the source; `undefined` if the chunks are those of a log, whose producer has them. */
  readonly source: SourceLimits | undefined
  /** Ends the response when it is aborted. */
  readonly signal: AbortSignal | undefined
  readonly summary: Summary
  /** The number of the last event that the client of a stream has that was there before; `undefined` if it is new. */
  readonly after: number | undefined
}
