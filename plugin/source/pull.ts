import { isPromiseLike } from '../util/promise.js'
import type { TimeSlice } from '../util/timing/time-slice.js'

/**
 * Gives items one by one, and encodes them.
 *
 * @template Item what it gives
 * @template Encoded what an item becomes
 */
export interface Pulled<Item, Encoded> {
  /** The next item. The first call starts the source. */
  next(): Item | PromiseLike<Item>
  /**
   * Encodes an item. It is separate from `next()` because chaining it to the promise of every item was measured to cost
   * 25 ns, a twelfth of the cost of a token.
   */
  encode(item: Item): Encoded
}

/** Takes encoded items. */
export interface Sink<Encoded> {
  /** Whether it takes more. Checked again after every wait. */
  readonly isOpen: boolean
  /** The promise to wait for before the next item is pulled (S4); `undefined` if there is room. */
  room(): Promise<void> | undefined
  take(encoded: Encoded): void
}

/**
 * Moves items from a source to a sink until the last one, and yields to other streams and timers (S6).
 *
 * @returns the last encoded item, which the sink does not take; `undefined` if the sink was closed first
 * @throws any error of the source
 */
export async function pull<Item, Encoded extends { readonly isLast: boolean }>(
  source: Pulled<Item, Encoded>,
  sink: Sink<Encoded>,
  slice: TimeSlice
): Promise<Encoded | undefined> {
  while (sink.isOpen) {
    const room = sink.room()
    if (room !== undefined) {
      slice.pause()
      await room
      slice.resume()
    } else if (slice.isOver()) {
      await slice.next()
    }
    if (!sink.isOpen) break
    const next = source.next()
    const item = isPromiseLike(next) ? await next : next
    if (!sink.isOpen) break
    const encoded = source.encode(item)
    if (!sink.isOpen) break
    if (encoded.isLast) return encoded
    sink.take(encoded)
  }
  return undefined
}
