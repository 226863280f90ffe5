/** First in, first out. A Map would do, but it skips all deleted entries each time it looks for its first. */
export class Queue<T> {
  #items: (T | undefined)[] = []
  /** How many items at the start of the array have left. */
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
