import { Deadlines } from '../util/deadlines.js'
import { reconnectDelay } from '../util/reconnect-delay.js'
import { type SetItem, UnorderedSet } from '../util/unordered-set.js'

/** A stream, as far as its server needs to know it. */
export interface OpenStream extends SetItem {
  /** Cuts it off. @param retry after how many milliseconds its client may come back */
  close(retry: number): void
}

/** The open streams of one server, and what they share. */
export class OpenStreams {
  readonly deadlines = new Deadlines()
  readonly #open = new UnorderedSet<OpenStream>()
  readonly #drainTimeout: number
  #closing = false
  #whenIdle: (() => void) | undefined

  /** @param drainTimeout how long streams go on when the server closes, in milliseconds */
  constructor(drainTimeout: number) {
    this.#drainTimeout = drainTimeout
  }

  /** Whether the server closes, and takes no new streams. */
  get isClosing(): boolean {
    return this.#closing
  }

  add(stream: OpenStream): void {
    this.#open.add(stream)
  }

  delete(stream: OpenStream): void {
    if (this.#open.delete(stream) && this.#open.size === 0) this.#whenIdle?.()
  }

  /** Takes no new streams, lets the open ones go on for `drainTimeout`, and cuts off those that are left (V2). */
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
