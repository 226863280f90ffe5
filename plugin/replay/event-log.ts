import type { LogEnd } from './event-store.js'

/** How a log on this node has ended: as the log in the store has, or by what kept this node from reading on. */
export type LocalEnd = (LogEnd & { readonly error?: Error }) | { readonly frame: undefined; readonly error: Error }

/**
 * The events of one stream in the memory of a node, from where its clients read them, each at its own pace.
 *
 * The source fills it on the node that produces the stream, the event store on any other.
 */
export class EventLog {
  readonly id: string
  readonly owner: string | undefined
  /** The number of the first event that it holds or will hold. */
  readonly first: number
  readonly #onFollowers: () => void
  readonly #events: string[] = []
  #waiting: (() => void)[] = []
  #waking = false
  #followers = 0
  #end: LocalEnd | undefined
  #bytes = 0

  /** @param onFollowers called when clients have come or gone */
  constructor(id: string, owner: string | undefined, first: number, onFollowers: () => void) {
    this.id = id
    this.owner = owner
    this.first = first
    this.#onFollowers = onFollowers
  }

  /** The number of the last event. */
  get last(): number {
    return this.first + this.#events.length - 1
  }

  get bytes(): number {
    return this.#bytes
  }

  /** How many clients follow it. */
  get followers(): number {
    return this.#followers
  }

  get end(): LocalEnd | undefined {
    return this.#end
  }

  event(sequence: number): string {
    return this.#events[sequence - this.first] as string
  }

  /** @returns up to `limit` of the events that come after one */
  after(sequence: number, limit: number): string[] {
    const from = sequence - this.first + 1
    return this.#events.slice(from, from + limit)
  }

  append(frame: string): void {
    this.#events.push(frame)
    this.#bytes += Buffer.byteLength(frame)
    this.#wake()
  }

  finish(end: LocalEnd): void {
    this.#end = end
    this.#wake()
  }

  join(): void {
    this.#followers++
    this.#onFollowers()
  }

  leave(): void {
    this.#followers--
    this.#onFollowers()
  }

  /** Calls a reader back when there is more, or the end. Many events that come at once wake it once. */
  wait(reader: () => void): void {
    this.#waiting.push(reader)
  }

  /** Does not call it back any more. */
  forget(reader: () => void): void {
    this.#waiting = this.#waiting.filter(waiting => waiting !== reader)
  }

  #wake(): void {
    if (this.#waking || this.#waiting.length === 0) return
    this.#waking = true
    process.nextTick(EventLog.#wakeAll, this)
  }

  static #wakeAll(log: EventLog): void {
    const waiting = log.#waiting
    log.#waiting = []
    log.#waking = false
    for (const wake of waiting) wake()
  }
}
