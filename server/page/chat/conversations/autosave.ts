import { type Kept, save } from './storage.js'

/** How often changes are saved. Milliseconds. */
const INTERVAL = 1000

/** Saves what survives a reload. */
export class Autosave {
  readonly #storage: Storage | undefined
  readonly #onLost: () => void
  #pending: Kept | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #isSaved = true

  /** @param onLost called when saving has begun to fail */
  constructor(storage: Storage | undefined, onLost: () => void) {
    this.#storage = storage
    this.#onLost = onLost
  }

  /** Saves within the interval. A later call replaces what will be saved, and delays nothing. */
  soon(kept: Kept): void {
    this.#pending = kept
    this.#timer ??= setTimeout(() => this.now(this.#pending as Kept), INTERVAL)
  }

  now(kept: Kept): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const wasSaved = this.#isSaved
    this.#isSaved = save(this.#storage, kept)
    if (wasSaved && !this.#isSaved) this.#onLost()
  }
}
