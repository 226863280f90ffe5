import { MAX_BYTES_PER_UNIT } from '../sse/write-batch.js'
import type { LogEnd } from '../stores/event-store.js'
import { CompactList } from '../util/compact-list.js'
import { formatEventId } from './event-id.js'

/** How a log on this node has ended: as the log in the store has, or by what kept this node from reading on. */
export type LocalEnd = (LogEnd & { readonly error?: Error }) | { readonly frame: undefined; readonly error: Error }

/** Events that follow each other, as they are sent. */
export interface Run {
  readonly text: string
  /** How many there are. */
  readonly events: number
  readonly bytes: number
}

/** The ends of the first ids of all streams: to write a number takes longer than to find it. */
const numberLines: string[] = []
const NUMBER_LINES = 4096

function numberLine(sequence: number): string {
  if (sequence >= NUMBER_LINES) return `${sequence}\n`
  while (numberLines.length <= sequence) numberLines.push(`${numberLines.length}\n`)
  return numberLines[sequence] as string
}

/** What is kept with a stream, beside its events. */
export interface StreamMeta {
  /** Whose it is. */
  readonly owner: string | undefined
  /** The name of the protocol that it speaks; `undefined` for the plugin's own events. */
  readonly protocol: string | undefined
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
  readonly #onFollowers: () => void
  readonly #prefix: string
  /** Without their ids, which are put in front of them for each client. */
  readonly #texts = new CompactList()
  /** The numbers of the events that go without an id. */
  #asides: Set<number> | undefined
  #waiting: (() => void)[] = []
  /** Takes turns with the other: a log wakes its readers with every token. */
  #woken: (() => void)[] = []
  #waking = false
  #followers = 0
  #end: LocalEnd | undefined
  #units = 0
  /** How many events were counted exactly, and their code units and bytes. */
  #counted = 0
  #countedUnits = 0
  #countedBytes = 0

  /** @param onFollowers called when clients have come or gone */
  constructor(id: string, about: StreamMeta, first: number, onFollowers: () => void) {
    this.id = id
    this.meta = about
    this.first = first
    this.#onFollowers = onFollowers
    // In one piece, since every event is joined with it: a template gives a tree of pieces.
    this.#prefix = ['id: ', id, ':'].join('')
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

  /** The events that come after one, as they are sent: as many as have no more than so many bytes, and at least one. */
  read(after: number, bytes: number): Run {
    const run = this.#read(after, bytes)
    if (run.events === 1 || run.bytes <= bytes) return run
    return this.#read(after, Math.floor(bytes / MAX_BYTES_PER_UNIT))
  }

  /** The text of the last event, as it is sent. */
  endText(frame: string): string {
    return frame === '' ? '' : `id: ${formatEventId(this.id, this.last + 1, true)}\n${frame}`
  }

  /** Up to `limit` of the events that come after one, without their ids. */
  after(sequence: number, limit: number): string[] {
    const from = sequence - this.first + 1
    return this.#texts.slice(from, from + limit)
  }

  /** Whether its events have more bytes than so many. */
  isLarger(bytes: number): boolean {
    const uncounted = this.#units - this.#countedUnits
    if (this.#countedBytes + uncounted * MAX_BYTES_PER_UNIT <= bytes) return false
    for (; this.#counted < this.#texts.length; this.#counted++) {
      this.#countedBytes += Buffer.byteLength(this.#texts.get(this.#counted))
    }
    this.#countedUnits = this.#units
    return this.#countedBytes > bytes
  }

  /**
   * @param isDispatched whether clients dispatch it. What they do not goes without an id: some take the blank line that would
   *   follow for an event
   */
  append(frame: string, isDispatched: boolean): void {
    this.#texts.push(frame)
    this.#units += frame.length
    if (!isDispatched) {
      this.#asides ??= new Set()
      this.#asides.add(this.last)
    }
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

  /** @param units the most UTF-16 code units that several events have together */
  #read(after: number, units: number): Run {
    const prefix = this.#prefix
    // None that has an id is shorter than what stands in front of it.
    const parts = this.after(after, Math.ceil(units / prefix.length))
    let start = ''
    let count = 0
    let events = 0
    let length = 0
    for (const frame of parts) {
      const sequence = after + events + 1
      const isAside = this.#asides?.has(sequence) === true
      const part = isAside ? frame : numberLine(sequence) + frame
      length += isAside ? part.length : prefix.length + part.length
      if (length > units && events > 0) break
      events++
      if (!isAside) parts[count++] = part
      else if (count > 0) parts[count - 1] += part
      else start += part
    }
    parts.length = count
    if (count > 0) parts[0] = start + prefix + parts[0]
    const text = count > 0 ? parts.join(prefix) : start
    return { text, events, bytes: Buffer.byteLength(text) }
  }

  #wake(): void {
    if (this.#waking || this.#waiting.length === 0) return
    this.#waking = true
    // What came before has been read by those who were waiting for it.
    this.#texts.settle()
    process.nextTick(LiveLog.#wakeAll, this)
  }

  static #wakeAll(log: LiveLog): void {
    const waiting = log.#waiting
    log.#waiting = log.#woken
    log.#woken = waiting
    log.#waking = false
    for (const wake of waiting) wake()
    waiting.length = 0
  }
}
