/** What can be in a bag, one at a time. */
export interface SetItem {
  /** Kept by the `Bag` that it is in: where it stands there. */
  slot?: number | undefined
}

/**
 * Things that come and go, in no order.
 *
 * No Set: one that is always changing replaces its table every few items, each old table points to the next, and one
 * that has become old itself keeps all that was in them until the garbage collector looks at all of the memory.
 */
export class UnorderedSet<T extends SetItem> {
  readonly #items: T[] = []

  get size(): number {
    return this.#items.length
  }

  add(item: T): void {
    item.slot = this.#items.push(item) - 1
  }

  /** @returns whether it was there */
  delete(item: T): boolean {
    const { slot } = item
    if (slot === undefined) return false
    item.slot = undefined
    const last = this.#items.pop() as T
    if (last !== item) {
      this.#items[slot] = last
      last.slot = slot
    }
    return true
  }

  /** Visits those that are there now, but for what has left until it is their turn. */
  visit(visitor: (item: T) => void): void {
    for (const item of [...this.#items]) if (item.slot !== undefined) visitor(item)
  }
}
