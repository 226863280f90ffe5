import type { Pulled } from '../source/pull.js'
import type { StreamAbort } from '../source/stream-abort.js'

/** Frames that are sent together: the result of one pull. */
export interface Chunk {
  /** The frames as they are sent; `''` for an item that is skipped. */
  readonly text: string
  /** The number of events from the source. The last event of a stream is not counted. */
  readonly events: number
  /** The length of `text` in bytes, if it is already known. */
  readonly bytes: number | undefined
  /** Whether clients dispatch it to their listeners. They do not dispatch a comment or a `retry:` alone. */
  readonly isDispatched: boolean
  /** Whether it ends the stream. */
  readonly isLast: boolean
  /** Whether it ends a stream that was stopped on request, and so is not complete (E5). Default: `false`. */
  readonly isStopped?: boolean | undefined
}

/** The chunks of one response. They come from a source, or from the log of a resumable stream. */
export interface ChunkSource<Item = unknown> extends Pulled<Item, Chunk> {
  /**
   * A frame that goes out with the head of a response if the first event is not there yet: the id of the place before
   * it. A client that then loses its connection comes back with that id, and gets the same stream. Default: none.
   */
  readonly headFrame?: string | undefined
  /** Whether the source goes on without this response, once that has closed it. Default: `false`. */
  readonly goesOn?: boolean
  /** The last frame of a stream that fails after it has begun; `undefined` if none can be sent (E4). */
  encodeError(error: Error): string | undefined
  /** The last frames of a stream that is stopped on request (E5); `''` for none. */
  encodeStopped(): string
  /**
   * Stops reading. Cancels a source that has not ended (S2), without waiting for it.
   *
   * @param abort why the stream ends before its source (S8); `undefined` if it is complete
   * @param error the error that the stream ends with, if it does
   * @param waited how long it had to wait for room, in all. Milliseconds. Default: 0
   */
  close(abort?: StreamAbort, error?: Error, waited?: number): void
}

/** The chunk of an item that is skipped. */
export const SKIPPED: Chunk = { text: '', events: 0, bytes: undefined, isDispatched: true, isLast: false }

/** The chunk of one frame. */
export function frameChunk(text: string, isDispatched = true): Chunk {
  return { text, events: 1, bytes: undefined, isDispatched, isLast: false }
}

/** The chunk that ends a stream. @param text the frames of the last events; `''` for none */
export function lastChunk(text: string, isStopped = false): Chunk {
  return { text, events: 0, bytes: undefined, isDispatched: true, isLast: true, isStopped }
}
