import type { Exchange } from './conversation.js'
import { saveConversation } from './storage.js'

/** How often a conversation that grows is saved. Milliseconds. */
const INTERVAL = 1000

/** Keeps a conversation for a reload. */
export class Saver {
  readonly #storage: Storage | undefined
  readonly #exchanges: () => readonly Exchange[]
  readonly #onFull: () => void
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param onFull called when it cannot be kept */
  constructor(storage: Storage | undefined, exchanges: () => readonly Exchange[], onFull: () => void) {
    this.#storage = storage
    this.#exchanges = exchanges
    this.#onFull = onFull
  }

  /** Saves before long. */
  soon(): void {
    this.#timer ??= setTimeout(() => this.now(), INTERVAL)
  }

  now(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (!saveConversation(this.#storage, this.#exchanges())) this.#onFull()
  }
}
