import { isPromiseLike } from '../util/promise.js'
import type { TimeSlice } from '../util/time-slice.js'

/** What is pulled: items that come one by one, and what each of them becomes. */
export interface Pulled<Item, Made> {
  /** The next item. The first call starts the source. */
  next(): Item | PromiseLike<Item>
  /**
   * Makes something of an item that has come. A step of its own, not a part of `next()`: chaining it to the promise of each
   * item was measured to cost 25 ns, a twelfth of what a token costs.
   */
  encode(item: Item): Made
}

/** What takes what was pulled. */
export interface Sink<Made> {
  /** Whether it takes more. Asked again after every wait. */
  readonly isOpen: boolean
  /** What to wait for before the next pull (S4); `undefined` for nothing. */
  room(): Promise<void> | undefined
  take(made: Made): void
}

/**
 * Pulls one thing after the other, and lets other streams and timers have their turn (S6).
 *
 * @returns the last one, which the sink does not take; `undefined` where the sink was closed before
 * @throws what the source fails with
 */
export async function pull<Item, Made extends { readonly isLast: boolean }>(
  source: Pulled<Item, Made>,
  sink: Sink<Made>,
  slice: TimeSlice
): Promise<Made | undefined> {
  while (sink.isOpen) {
    const room = sink.room()
    if (room !== undefined) await room
    else if (slice.isOver()) await slice.next()
    if (!sink.isOpen) break
    const next = source.next()
    const item = isPromiseLike(next) ? await next : next
    if (!sink.isOpen) break
    const made = source.encode(item)
    if (!sink.isOpen) break
    if (made.isLast) return made
    sink.take(made)
  }
  return undefined
}
