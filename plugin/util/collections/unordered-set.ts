/** An item of an `UnorderedSet`. It can be in one set at a time. */
export interface SetItem {
  /** For the set: the item's index in it. */
  slot?: number | undefined
}

/**
 * A set of short-lived items, in no particular order.
 *
 * It is not a Set, for the reason why `IdMap` is not a Map: the old tables of a Set that keeps changing can keep its
 * former items alive until a full garbage collection.
 */
export class UnorderedSet<T extends SetItem> {
  readonly #items: T[] = []

  get size(): number {
    return this.#items.length
  }

  add(item: T): void {
    item.slot = this.#items.push(item) - 1
  }

  /** @returns whether the item was in the set */
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

  /** Visits the items that are in the set now, except those that are deleted before their turn. */
  visit(visitor: (item: T) => void): void {
    for (const item of [...this.#items]) if (item.slot !== undefined) visitor(item)
  }
}
