/** Something that is to be told when its time is up. It has one deadline at a time. */
export interface Deadline {
  /** Called once when the time is up, unless the deadline was cleared or set anew before. */
  onDeadline(): void
}

/** The deadlines of one length. Each is set later than the one before it, so it is due later: a queue, never sorted. */
interface Lane {
  readonly ms: number
  readonly due: Map<Deadline, number>
}

/** The share of its length by which a deadline may be late, so that thousands of them wake the process only a few times. */
const SLACK = 1 / 64

/** The longest that a timer of Node can be. Milliseconds. */
const MAX_TIMER = 2 ** 31 - 1

/** The deadlines of all streams, on one timer (V4). */
export class Deadlines {
  readonly #lanes = new Map<number, Lane>()
  readonly #laneOf = new Map<Deadline, Lane>()
  #timer: NodeJS.Timeout | undefined
  #wakeAt = Number.POSITIVE_INFINITY

  /** How many are waiting. */
  get size(): number {
    return this.#laneOf.size
  }

  /** Calls `deadline.onDeadline()` in `ms` milliseconds, never earlier, in place of the deadline that was set before. */
  set(deadline: Deadline, ms: number): void {
    this.#remove(deadline)
    let lane = this.#lanes.get(ms)
    if (lane === undefined) {
      lane = { ms, due: new Map() }
      this.#lanes.set(ms, lane)
    }
    const due = performance.now() + ms
    lane.due.set(deadline, due)
    this.#laneOf.set(deadline, lane)
    this.#wake(due + ms * SLACK)
  }

  clear(deadline: Deadline): void {
    this.#remove(deadline)
    if (this.#laneOf.size === 0) this.#sleep()
  }

  #remove(deadline: Deadline): void {
    const lane = this.#laneOf.get(deadline)
    if (lane === undefined) return
    this.#laneOf.delete(deadline)
    lane.due.delete(deadline)
    if (lane.due.size === 0) this.#lanes.delete(lane.ms)
  }

  #wake(at: number): void {
    if (at >= this.#wakeAt) return
    this.#sleep()
    this.#wakeAt = at
    this.#timer = setTimeout(() => this.#ring(), Math.min(Math.ceil(at - performance.now()), MAX_TIMER))
  }

  #sleep(): void {
    clearTimeout(this.#timer)
    this.#wakeAt = Number.POSITIVE_INFINITY
  }

  #ring(): void {
    this.#sleep()
    const now = performance.now()
    for (const deadline of this.#dueBy(now)) {
      this.#remove(deadline)
      deadline.onDeadline()
    }
    for (const lane of this.#lanes.values()) {
      const [first] = lane.due.values()
      this.#wake((first as number) + lane.ms * SLACK)
    }
  }

  /** Those set again while this runs are due later, so it comes to an end. */
  *#dueBy(now: number): Generator<Deadline> {
    for (const lane of this.#lanes.values()) {
      for (const [deadline, due] of lane.due) {
        if (due > now) break
        yield deadline
      }
    }
  }
}
