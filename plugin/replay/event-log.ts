import { MAX_BYTES_PER_UNIT } from '../batch.js'
import { formatEventId } from './event-id.js'
import type { LogEnd } from './event-store.js'
import { Texts } from './texts.js'

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
  readonly #prefix: string
  /** As they are sent, with their ids. */
  readonly #texts = new Texts()
  #waiting: (() => void)[] = []
  #waking = false
  #followers = 0
  #end: LocalEnd | undefined
  #units = 0
  /** How many events were counted exactly, and their code units and bytes. */
  #counted = 0
  #countedUnits = 0
  #countedBytes = 0

  /** @param onFollowers called when clients have come or gone */
  constructor(id: string, owner: string | undefined, first: number, onFollowers: () => void) {
    this.id = id
    this.owner = owner
    this.first = first
    this.#onFollowers = onFollowers
    this.#prefix = `id: ${id}:`
  }

  /** The number of the last event. */
  get last(): number {
    return this.first + this.#texts.length - 1
  }

  /** How many clients follow it. */
  get followers(): number {
    return this.#followers
  }

  get end(): LocalEnd | undefined {
    return this.#end
  }

  /**
   * How many of the events that come after one can be sent as one text: at least one, and others as long as they are not
   * longer together than so many UTF-16 code units.
   */
  run(after: number, units: number): number {
    return this.#texts.run(after - this.first + 1, units)
  }

  /** The text of a run of events, as it is sent. */
  text(after: number, count: number): string {
    const from = after - this.first + 1
    return this.#texts.join(from, from + count)
  }

  /** The text of the last event, as it is sent. */
  endText(frame: string): string {
    return frame === '' ? '' : `id: ${formatEventId(this.id, this.last + 1, true)}\n${frame}`
  }

  /** Up to `limit` of the events that come after one, without their ids. */
  after(sequence: number, limit: number): string[] {
    return this.#texts.slice(sequence - this.first + 1, limit).map(text => this.#withoutId(text))
  }

  /** Whether its events have more bytes than so many. */
  isLarger(bytes: number): boolean {
    const uncounted = this.#units - this.#countedUnits
    if (this.#countedBytes + uncounted * MAX_BYTES_PER_UNIT <= bytes) return false
    for (const frame of this.after(this.first - 1 + this.#counted, this.#texts.length)) {
      this.#countedBytes += Buffer.byteLength(frame)
    }
    this.#counted = this.#texts.length
    this.#countedUnits = this.#units
    return this.#countedBytes > bytes
  }

  /** What clients do not dispatch goes without an id: some take the blank line that would follow for an event. */
  append(frame: string): void {
    this.#texts.push(frame.endsWith('\n\n') ? `${this.#prefix}${this.last + 1}\n${frame}` : frame)
    this.#units += frame.length
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

  #withoutId(text: string): string {
    return text.startsWith(this.#prefix) ? text.slice(text.indexOf('\n') + 1) : text
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
