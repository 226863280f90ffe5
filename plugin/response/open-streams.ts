import { Deadlines } from '../util/deadlines.js'
import { reconnectDelay } from '../util/reconnect-delay.js'
import { type SetItem, UnorderedSet } from '../util/unordered-set.js'

/** A stream that its server can cut off. */
export interface OpenStream extends SetItem {
  /** Cuts it off. @param retry the reconnect delay for its client, in milliseconds */
  close(retry: number): void
}

/** The open streams of one server, and the timer that they share. */
export class OpenStreams {
  readonly deadlines = new Deadlines()
  readonly #open = new UnorderedSet<OpenStream>()
  readonly #drainTimeout: number
  #closing = false
  #whenIdle: (() => void) | undefined

  /** @param drainTimeout how long open streams may go on when the server closes, in milliseconds */
  constructor(drainTimeout: number) {
    this.#drainTimeout = drainTimeout
  }

  /** Whether the server is closing and takes no new streams. */
  get isClosing(): boolean {
    return this.#closing
  }

  add(stream: OpenStream): void {
    this.#open.add(stream)
  }

  delete(stream: OpenStream): void {
    if (this.#open.delete(stream) && this.#open.size === 0) this.#whenIdle?.()
  }

  /**
   * Refuses new streams, lets open ones go on for `drainTimeout`, then cuts off the rest (V2). Resolves when none is
   * open.
   */
  async drain(): Promise<void> {
    this.#closing = true
    if (this.#open.size === 0) return
    const idle = new Promise<void>(resolve => {
      this.#whenIdle = resolve
    })
    const timeout = { onDeadline: () => this.#closeAll() }
    this.deadlines.set(timeout, this.#drainTimeout)
    await idle
    this.deadlines.clear(timeout)
  }

  #closeAll(): void {
    this.#open.visit(stream => stream.close(reconnectDelay()))
  }
}
