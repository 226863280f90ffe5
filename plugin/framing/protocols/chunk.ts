import { FST_SSE_EVENT_INVALID } from '../../errors.js'
import { bytesOf, isEvent } from '../../sse/event.js'
import { describe } from '../../util/describe.js'

/** A JSON object, which is what these protocols are made of. */
export type Chunk = Readonly<Record<string, unknown>>

/**
 * Checks an item of a protocol whose events are JSON objects.
 *
 * @param what a client of the protocol expects, for the error
 * @throws FST_SSE_EVENT_INVALID
 */
export function chunkOf(item: unknown, what: string): Chunk {
  const isText = typeof item !== 'object' || item === null || Array.isArray(item) || bytesOf(item) !== undefined
  if (isText) throw new FST_SSE_EVENT_INVALID(`the protocol takes ${what}, but it is ${describe(item)}`)
  if (isEvent(item)) throw new FST_SSE_EVENT_INVALID(`the protocol takes ${what}, and makes the events of them itself`)
  return item as Chunk
}

/**
 * As above, of a protocol whose objects say what they are.
 *
 * @throws FST_SSE_EVENT_INVALID
 */
export function typedChunkOf(item: unknown, what: string): Chunk & { readonly type: string } {
  const chunk = chunkOf(item, what)
  if (typeof chunk.type === 'string') return chunk as Chunk & { type: string }
  throw new FST_SSE_EVENT_INVALID(`the protocol takes ${what}, but its type is ${describe(chunk.type)}`)
}
