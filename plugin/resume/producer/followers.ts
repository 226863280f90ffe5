import type { Deadline, DeadlineEntry, Deadlines } from '../../util/timing/deadlines.js'
import type { LiveLog } from '../log/live-log.js'
import type { OnDisconnect } from '../resumable-options.js'

/** A producer that ends when nobody follows its stream. */
export interface Abandonable {
  /** Whether it runs. Before its start and after its end, nobody has to follow it. */
  readonly isRunning: boolean
  /** Asks the store how many other nodes follow the stream, and sets `nodes`. */
  recount(): Promise<void>
  /** Called when nobody has followed the stream for the time that `onDisconnect` allows (R4). */
  onAbandoned(): void
}

/** The clients that follow the stream of a producer, on all nodes. */
export class Followers implements Deadline {
  entry?: DeadlineEntry | undefined
  readonly #log: LiveLog
  readonly #onDisconnect: OnDisconnect
  readonly #deadlines: Deadlines
  readonly #producer: Abandonable
  /** The number of other nodes that follow it. */
  #nodes = 0
  #isRecounting = false

  constructor(log: LiveLog, onDisconnect: OnDisconnect, deadlines: Deadlines, producer: Abandonable) {
    this.#log = log
    this.#onDisconnect = onDisconnect
    this.#deadlines = deadlines
    this.#producer = producer
  }

  /** Sets how many other nodes follow it. */
  set nodes(nodes: number) {
    // One that leaves has read what there was, as far as this node can know.
    if (nodes < this.#nodes) this.#log.readElsewhere()
    this.#nodes = nodes
    this.changed()
  }

  /** Called when their number has changed. */
  changed(): void {
    if (!this.#producer.isRunning || this.#onDisconnect === 'continue') return
    if (this.isAny) this.#deadlines.clear(this)
    else if (this.#onDisconnect === 'abort') void this.#abandon()
    else if (!this.#deadlines.has(this)) this.#deadlines.set(this, this.#onDisconnect.grace)
  }

  /** Called when the client that began the stream has left before its start. It may end the stream. */
  async firstHasLeft(): Promise<void> {
    if (this.#onDisconnect === 'abort') await this.#abandon()
  }

  /** No client has come back in time. */
  onDeadline(): void {
    void this.#abandon()
  }

  /** Called when the stream has ended. */
  stop(): void {
    this.#deadlines.clear(this)
  }

  /** Ends the stream, unless another node follows it by now. */
  async #abandon(): Promise<void> {
    if (this.#isRecounting) return
    this.#isRecounting = true
    await this.#producer.recount()
    this.#isRecounting = false
    if (!this.isAny) this.#producer.onAbandoned()
  }

  /** Whether the stream goes on, for now. */
  get goesOn(): boolean {
    return this.isAny || this.#onDisconnect !== 'abort'
  }

  /** Whether anybody follows it. */
  get isAny(): boolean {
    return this.#log.followers + this.#nodes > 0
  }
}
