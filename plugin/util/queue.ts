/**
 * What came first leaves first. A Map, whose order that is too, looks at all that have left before it finds the first.
 */
export class Queue<T> {
  #items: (T | undefined)[] = []
  /** How many have left, and are still in the array. */
  #left = 0

  get first(): T | undefined {
    return this.#items[this.#left]
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    const { first } = this
    if (this.#left === this.#items.length) return undefined
    this.#items[this.#left++] = undefined
    if (this.#left * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#left)
      this.#left = 0
    }
    return first
  }
}
