import { type Kept, save } from './storage.js'

/** How often what changes is saved. Milliseconds. */
const INTERVAL = 1000

/** Saves what a reload must not lose. */
export class Autosave {
  readonly #storage: Storage | undefined
  readonly #kept: () => Kept
  readonly #onLost: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #isSaved = true

  /**
   * @param kept gives what is to be saved
   * @param onLost called once when it cannot be saved any more
   */
  constructor(storage: Storage | undefined, kept: () => Kept, onLost: () => void) {
    this.#storage = storage
    this.#kept = kept
    this.#onLost = onLost
  }

  /** Saves before long. */
  soon(): void {
    this.#timer ??= setTimeout(() => this.now(), INTERVAL)
  }

  now(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const wasSaved = this.#isSaved
    this.#isSaved = save(this.#storage, this.#kept())
    if (wasSaved && !this.#isSaved) this.#onLost()
  }
}
