import type { Chunk } from '../framing/chunk.js'
import { idPrefix, numberFrames, withId } from '../sse/numbered-frames.js'
import { MAX_BYTES_PER_UNIT } from '../sse/write-batch.js'
import { EventList } from '../stores/event-list.js'
import type { LogEnd } from '../stores/event-store.js'
import { formatEventId } from './event-id.js'

/** How a log on this node has ended: as the log in the store has, or by what kept this node from reading on. */
export type LocalEnd = (LogEnd & { readonly error?: Error }) | { readonly frame: undefined; readonly error: Error }

/** What is kept with a stream, beside its events. */
export interface StreamMeta {
  /** Whose it is. */
  readonly owner: string | undefined
  /** The name of the protocol that it speaks. */
  readonly protocol: string
}

/**
 * The events of one stream in the memory of a node, from where its clients read them, each at its own pace.
 *
 * The source fills it on the node that produces the stream, the event store on any other.
 */
export class LiveLog {
  readonly id: string
  readonly meta: StreamMeta
  /** The number of the first event that it holds or will hold. */
  readonly first: number
  /** The frames without their ids, which are put in front of them for each client. */
  readonly frames: EventList
  readonly #onFollowers: () => void
  readonly #prefix: string
  #waiting: (() => void)[] = []
  /** Takes turns with the other: a log wakes its readers with every token. */
  #woken: (() => void)[] = []
  #isWaking = false
  #followers = 0
  #end: LocalEnd | undefined
  #units = 0
  /** How many events were counted exactly, and their code units and bytes. */
  #counted = 0
  #countedUnits = 0
  #countedBytes = 0

  /**
   * @param onFollowers called when clients have come or gone
   * @param frames where there are some already
   */
  constructor(id: string, meta: StreamMeta, first: number, onFollowers: () => void, frames = new EventList()) {
    this.id = id
    this.meta = meta
    this.first = first
    this.frames = frames
    this.#onFollowers = onFollowers
    this.#prefix = idPrefix(id)
  }

  /** The number of the last event. */
  get last(): number {
    return this.first + this.frames.length - 1
  }

  /** How many clients follow it. */
  get followers(): number {
    return this.#followers
  }

  get end(): LocalEnd | undefined {
    return this.#end
  }

  /** The events that come after one, as they are sent: as many as have no more than so many bytes, and at least one. */
  read(after: number, bytes: number): Chunk {
    const chunk = this.#read(after, bytes)
    if (chunk.events === 1 || (chunk.bytes as number) <= bytes) return chunk
    return this.#read(after, Math.floor(bytes / MAX_BYTES_PER_UNIT))
  }

  /** The last event, as it is sent. */
  endText(frame: string): string {
    return frame === '' ? '' : withId(formatEventId(this.id, this.last + 1, true), frame)
  }

  /** Up to `limit` of the events that come after one, without their ids. */
  after(sequence: number, limit: number): string[] {
    const from = sequence - this.first + 1
    return this.frames.slice(from, from + limit)
  }

  /** Whether its events have more bytes than so many. */
  isLarger(bytes: number): boolean {
    const uncounted = this.#units - this.#countedUnits
    if (this.#countedBytes + uncounted * MAX_BYTES_PER_UNIT <= bytes) return false
    for (; this.#counted < this.frames.length; this.#counted++) {
      this.#countedBytes += Buffer.byteLength(this.frames.get(this.#counted))
    }
    this.#countedUnits = this.#units
    return this.#countedBytes > bytes
  }

  append(frame: string, isDispatched: boolean): void {
    this.frames.append(frame, isDispatched)
    this.#units += frame.length
    this.wake()
  }

  appendAll(frames: readonly string[]): void {
    this.frames.appendAll(frames)
    this.wake()
  }

  finish(end: LocalEnd): void {
    this.#end = end
    this.wake()
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

  /** Wakes those who wait for more. */
  wake(): void {
    if (this.#isWaking || this.#waiting.length === 0) return
    this.#isWaking = true
    // What came before has been read by those who were waiting for it.
    this.frames.settle()
    process.nextTick(LiveLog.#wakeAll, this)
  }

  /** @param units the most UTF-16 code units that several events have together */
  #read(after: number, units: number): Chunk {
    // None that has an id is shorter than what stands in front of it.
    const frames = this.after(after, Math.ceil(units / this.#prefix.length))
    const { asides } = this.frames
    const isAside = asides && ((number: number) => asides.has(number - this.first))
    const { text, count } = numberFrames(this.#prefix, after + 1, frames, isAside, units)
    return { text, events: count, bytes: Buffer.byteLength(text), isDispatched: true, isLast: false }
  }

  static #wakeAll(log: LiveLog): void {
    const waiting = log.#waiting
    log.#waiting = log.#woken
    log.#woken = waiting
    log.#isWaking = false
    for (const wake of waiting) wake()
    waiting.length = 0
  }
}
