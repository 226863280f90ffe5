import type { Pulled } from '../source/pull.js'

/** Frames that leave together: what one pull gives. */
export interface Chunk {
  /** The frames, as they are sent; `''` for an item that is skipped. */
  readonly text: string
  /** How many events of the source they are. The last event of a stream is not counted. */
  readonly events: number
  /** How many bytes they have, where that was counted already. */
  readonly bytes: number | undefined
  /** Whether clients dispatch it to their listeners: a comment or `retry:` alone they do not. */
  readonly isDispatched: boolean
  /** Whether the stream is complete with it. */
  readonly isLast: boolean
}

/** Where the chunks of one response come from: a source, or the log of a stream that it follows. */
export interface ChunkSource<Item = unknown> extends Pulled<Item, Chunk> {
  /** The frame of the last event of a stream that fails after it has begun; `undefined` where none can be sent (E4). */
  encodeError(error: Error): string | undefined
  /** Nothing more is wanted. Stops a source that has not come to its end (S2), and does not wait for it. */
  close(): void
}

/** The chunk of an item that is skipped. */
export const SKIPPED: Chunk = { text: '', events: 0, bytes: undefined, isDispatched: true, isLast: false }

/** The chunk of one frame. */
export function frameChunk(text: string, isDispatched = true): Chunk {
  return { text, events: 1, bytes: undefined, isDispatched, isLast: false }
}

/** The chunk that ends a stream; `''` where it ends without an event. */
export function lastChunk(text: string): Chunk {
  return { text, events: 0, bytes: undefined, isDispatched: true, isLast: true }
}
