/**
 * What comes and goes, by id.
 *
 * A Map that is always changing replaces its table every few entries, each old one points to the next, and one that has
 * become old itself keeps all that was in them until the garbage collector looks at all of the memory. So the table
 * holds no more than an envelope, which is emptied.
 */
export class IdMap<T> {
  readonly #entries = new Map<string, { value: T | undefined }>()

  get(id: string): T | undefined {
    return this.#entries.get(id)?.value
  }

  set(id: string, value: T): void {
    this.#entries.set(id, { value })
  }

  delete(id: string): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    entry.value = undefined
    this.#entries.delete(id)
  }

  *values(): Generator<T> {
    for (const { value } of this.#entries.values()) yield value as T
  }
}
