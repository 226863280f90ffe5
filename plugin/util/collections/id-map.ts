/**
 * Short-lived values, by id.
 *
 * V8 replaces the table of a Map that keeps changing, and each old table points to the next one. Until a full garbage
 * collection, an old table can keep alive whatever was in all of them. So this table holds envelopes, and a deleted
 * value leaves its envelope.
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
