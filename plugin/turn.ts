const ITEMS = 1024
const MS = 10
const ITEMS_BETWEEN_LOOKS_AT_THE_CLOCK = 16

/**
 * The share of the event loop that a source which is always ready gets before others have theirs (S6). Promises that
 * are settled already would otherwise keep timers and sockets waiting for as long as the source has items.
 */
export class Turn {
  #items = 0
  #startedAt = 0

  /** Counts an item, and says whether it was the last one of this turn. */
  isOver(): boolean {
    if (this.#items === 0) this.#startedAt = performance.now()
    this.#items++
    if (this.#items >= ITEMS) return true
    return this.#items % ITEMS_BETWEEN_LOOKS_AT_THE_CLOCK === 0 && performance.now() - this.#startedAt > MS
  }

  /** Makes the next item the last one of this turn. */
  cut(): void {
    this.#items = ITEMS
  }

  /** Starts anew. */
  reset(): void {
    this.#items = 0
  }

  /** Resolves in the next turn of the event loop. */
  next(): Promise<void> {
    this.reset()
    return new Promise(resolve => {
      setImmediate(resolve)
    })
  }
}
