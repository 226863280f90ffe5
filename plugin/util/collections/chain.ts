/** A value in a `Chain`. */
export interface Link<T> {
  readonly value: T
  before: Link<T> | undefined
  after: Link<T> | undefined
}

/** Values in the order in which they were added. Each can be removed in constant time, wherever it is. */
export class Chain<T> {
  #first: Link<T> | undefined
  #last: Link<T> | undefined

  get first(): T | undefined {
    return this.#first?.value
  }

  /** Adds a value at the end. @returns what `remove` takes */
  add(value: T): Link<T> {
    const link: Link<T> = { value, before: this.#last, after: undefined }
    if (this.#last === undefined) this.#first = link
    else this.#last.after = link
    this.#last = link
    return link
  }

  /** Removes a value, which must be in this chain. */
  remove(link: Link<T>): void {
    const { before, after } = link
    // A link in the old generation of the heap would keep its neighbors alive until the next full garbage collection.
    link.before = undefined
    link.after = undefined
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
  }
}
