import type { Chunk } from '../../framing/chunk.js'
import { idPrefix, numberFrames, withId } from '../../sse/numbered-frames.js'
import { MAX_BYTES_PER_UNIT } from '../../sse/write-batch.js'
import { EventList } from '../../stores/event-list.js'
import type { LogEnd } from '../../stores/event-store.js'
import { eventIdBase, formatEventId } from './event-id.js'

/** How a log on this node ended: like the log in the store, or with the error that kept this node from reading on. */
export type LocalEnd =
  | (LogEnd & {
      readonly error?: Error
      /** Whether the stream was stopped on request (E5). Default: `false`. */
      readonly isStopped?: boolean
    })
  | { readonly frame: undefined; readonly error: Error }

/** The data that a log keeps in addition to its events. */
export interface StreamMeta {
  /** The key by which the stream is kept: see `streamKey`. */
  readonly key: string
  /** The hash of the owner of the stream (R3); `undefined` if it has none. */
  readonly owner: string | undefined
  /** The name of its protocol. */
  readonly protocol: string
  /** The generation of the stream; `''` for the only one. */
  readonly generation: string
}

/** A client that reads a log. */
export interface LogReader {
  /** The number of the last event that it has read. */
  readonly position: number
}

/** What fills a log on the node that produces it. */
export interface LogSource {
  /** Whether it goes on, also if no client comes back at once. */
  readonly goesOn: boolean
}

/**
 * The events of one stream in the memory of a node. Each client reads them at its own pace.
 *
 * On the node that produces the stream the source fills it; on other nodes the event store does.
 */
export class LiveLog {
  readonly id: string
  /** The start of the ids of its events. */
  readonly eventIds: string
  readonly meta: StreamMeta
  /** What fills it; `undefined` if another node does. */
  source: LogSource | undefined
  #first: number
  #frames: EventList
  readonly #onFollowers: () => void
  readonly #prefix: string
  #waiting: (() => void)[] = []
  /** Swapped with `#waiting` when readers are woken, since a woken reader may wait again. */
  #waking: (() => void)[] = []
  #isWaking = false
  readonly #readers = new Set<LogReader>()
  #lastRead = 0
  #onRead: (() => void) | undefined
  #end: LocalEnd | undefined
  /** The number of events whose bytes were counted, their code units and their bytes. */
  #counted = 0
  #countedUnits = 0
  #countedBytes = 0

  /**
   * @param first the number of its first event
   * @param onFollowers called when the number of followers has changed
   * @param frames the list that holds the events. Default: a new one
   */
  constructor(id: string, meta: StreamMeta, first: number, onFollowers: () => void, frames = new EventList()) {
    this.id = id
    this.eventIds = eventIdBase(id, meta.generation)
    this.meta = meta
    this.#first = first
    this.#frames = frames
    this.#onFollowers = onFollowers
    this.#prefix = idPrefix(this.eventIds)
  }

  /** The number of its first event, also before it has one. */
  get first(): number {
    return this.#first
  }

  /** The frames without ids. The ids are added when a client reads them. */
  get frames(): EventList {
    return this.#frames
  }

  /** The length of its events. UTF-16 code units. */
  get units(): number {
    return this.#frames.units
  }

  /** The number of the last event; `first - 1` if there is none. */
  get last(): number {
    return this.first + this.frames.length - 1
  }

  /** The number of the last event that clients dispatch, and so have an id of. */
  get lastDispatched(): number {
    const { asides } = this.frames
    let last = this.last
    while (asides?.has(last - this.first)) last--
    return last
  }

  /** The number of the last event that a client had read when it left; 0 if none has. */
  get lastRead(): number {
    return this.#lastRead
  }

  /** Called when clients of another node have read all events so far. */
  readElsewhere(): void {
    this.#lastRead = this.last
  }

  /** The number of clients that follow it on this node. */
  get followers(): number {
    return this.#readers.size
  }

  /** How it ended; `undefined` while it goes on. */
  get end(): LocalEnd | undefined {
    return this.#end
  }

  /**
   * The events after a position, with their ids.
   *
   * @param after the number of an event; 0 for the beginning
   * @param bytes the size of the largest chunk. A chunk has at least one event, whatever its size.
   */
  read(after: number, bytes: number): Chunk {
    const chunk = this.#read(after, bytes)
    if (chunk.events === 1 || (chunk.bytes as number) <= bytes) return chunk
    return this.#read(after, Math.floor(bytes / MAX_BYTES_PER_UNIT))
  }

  /** The last event with its id. @param frame `''` for none */
  endText(frame: string): string {
    return frame === '' ? '' : withId(formatEventId(this.eventIds, this.last + 1, true), frame)
  }

  /** Up to `limit` events after a position, without ids. */
  after(sequence: number, limit: number): string[] {
    const from = sequence - this.first + 1
    return this.frames.slice(from, from + limit)
  }

  /**
   * Whether its events have more than `bytes` bytes together. It counts them only when the number of code units does
   * not already show that they are fewer.
   */
  isLarger(bytes: number): boolean {
    const uncounted = this.units - this.#countedUnits
    if (this.#countedBytes + uncounted * MAX_BYTES_PER_UNIT <= bytes) return false
    return this.countBytes() > bytes
  }

  /** How many bytes its events have. It counts them. */
  countBytes(): number {
    for (; this.#counted < this.frames.length; this.#counted++) {
      this.#countedBytes += Buffer.byteLength(this.frames.get(this.#counted))
    }
    this.#countedUnits = this.units
    return this.#countedBytes
  }

  /** Adds an event. @param isDispatched whether clients dispatch it */
  append(frame: string, isDispatched: boolean): void {
    this.frames.append(frame, isDispatched)
    this.wake()
  }

  /** Adds events from the event store. */
  appendAll(frames: readonly string[]): void {
    this.frames.appendAll(frames)
    this.wake()
  }

  /** Ends it. */
  finish(end: LocalEnd): void {
    this.#end = end
    this.wake()
  }

  /** Counts another client as a follower. */
  join(reader: LogReader): void {
    this.#readers.add(reader)
    this.#onFollowers()
  }

  /** Counts a client as a follower no longer. */
  leave(reader: LogReader): void {
    this.#readers.delete(reader)
    this.#lastRead = Math.max(this.#lastRead, reader.position)
    this.hasRead()
    this.#onFollowers()
  }

  /** Calls back once when a follower has read something, or has left. */
  onceRead(callback: () => void): void {
    this.#onRead = callback
  }

  /** Called by a follower that has read something. */
  hasRead(): void {
    const callback = this.#onRead
    this.#onRead = undefined
    callback?.()
  }

  /** Forgets the events that all followers have read. For the log of a stream that no store keeps. */
  dropRead(): void {
    const positions = [...this.#readers].map(({ position }) => position)
    const read = Math.min(this.last, ...positions)
    if (read < this.#first) return
    const rest = this.after(read, Number.POSITIVE_INFINITY)
    this.#frames = new EventList()
    this.#frames.appendAll(rest)
    this.#first = read + 1
  }

  /** Calls a reader back once when there are more events, or the end. Events that come together wake it once. */
  wait(reader: () => void): void {
    this.#waiting.push(reader)
  }

  /** Removes a waiting reader. */
  forget(reader: () => void): void {
    this.#waiting = this.#waiting.filter(waiting => waiting !== reader)
  }

  /** Wakes all waiting readers. */
  wake(): void {
    if (this.#isWaking || this.#waiting.length === 0) return
    this.#isWaking = true
    // The waiting readers have read all earlier events.
    this.frames.settle()
    process.nextTick(LiveLog.#wakeAll, this)
  }

  /** @param units the size of the largest chunk with more than one event, in UTF-16 code units */
  #read(after: number, units: number): Chunk {
    // An event with an id is longer than the prefix, which limits the number of events that can fit.
    const frames = this.after(after, Math.ceil(units / this.#prefix.length))
    const { asides } = this.frames
    const isAside = asides && ((number: number) => asides.has(number - this.first))
    const { text, count } = numberFrames(this.#prefix, after + 1, frames, isAside, units)
    return { text, events: count, bytes: Buffer.byteLength(text), isDispatched: true, isLast: false }
  }

  static #wakeAll(log: LiveLog): void {
    const waiting = log.#waiting
    log.#waiting = log.#waking
    log.#waking = waiting
    log.#isWaking = false
    for (const wake of waiting) wake()
    waiting.length = 0
  }
}
