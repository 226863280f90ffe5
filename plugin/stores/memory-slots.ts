import type { StreamSlots } from './stream-slots.js'

interface Held {
  readonly owner: string
  readonly holder: string
  /** When the lease expires, on the clock of `performance.now()`. */
  until: number
}

/** The slots of a `MemoryStore`. */
export class MemorySlots implements StreamSlots {
  readonly #lease: number
  readonly #owners = new Map<string, Map<string, Held>>()
  /** In the order in which their leases expire. */
  readonly #leases = new Set<Held>()

  /** @param lease milliseconds */
  constructor(lease: number) {
    this.#lease = lease
  }

  async take(owner: string, holder: string, limit: number): Promise<boolean> {
    this.#forgetExpired()
    const held = this.#owners.get(owner)
    if (held !== undefined && !held.has(holder) && held.size >= limit) return false
    this.#hold(owner, holder)
    return true
  }

  async renew(owner: string, holders: readonly string[]): Promise<void> {
    this.#forgetExpired()
    for (const holder of holders) this.#hold(owner, holder)
  }

  async release(owner: string, holder: string): Promise<void> {
    const held = this.#owners.get(owner)?.get(holder)
    if (held !== undefined) this.#forget(held)
  }

  #hold(owner: string, holder: string): void {
    const slots = this.#owners.get(owner) ?? new Map<string, Held>()
    this.#owners.set(owner, slots)
    const held = slots.get(holder) ?? { owner, holder, until: 0 }
    slots.set(holder, held)
    held.until = performance.now() + this.#lease
    this.#leases.delete(held)
    this.#leases.add(held)
  }

  #forget(held: Held): void {
    const slots = this.#owners.get(held.owner) as Map<string, Held>
    slots.delete(held.holder)
    if (slots.size === 0) this.#owners.delete(held.owner)
    this.#leases.delete(held)
  }

  #forgetExpired(): void {
    const now = performance.now()
    for (const held of this.#leases) {
      if (held.until > now) return
      this.#forget(held)
    }
  }
}
