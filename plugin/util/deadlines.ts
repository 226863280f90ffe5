/** Something that has a time limit, one at a time. */
export interface Deadline {
  /** For the `Deadlines` that it was set in. */
  place?: Place | undefined
  /** Called once when the time is up, unless the deadline was cleared or set again before. */
  onDeadline(): void
}

/** A deadline's place in its lane: a linked list, since a deadline moves with every event of its stream. */
export interface Place {
  readonly deadline: Deadline
  due: number
  lane: Lane | undefined
  before: Place | undefined
  after: Place | undefined
}

/** The deadlines of one length. Each is set, and so due, after the one before it: they need no sorting. */
interface Lane {
  readonly ms: number
  first: Place | undefined
  last: Place | undefined
}

/** How late a deadline may be, as a share of its length, so that thousands of them need only a few wakeups. */
const SLACK = 1 / 64

/** The longest delay of a timer. Node fires a longer one at once. Milliseconds. */
const MAX_TIMER = 2 ** 31 - 1

/** The deadlines of all streams. They share one timer (V4). */
export class Deadlines {
  readonly #lanes = new Map<number, Lane>()
  #size = 0
  #timer: NodeJS.Timeout | undefined
  #wakeAt = Number.POSITIVE_INFINITY

  /** How many deadlines are set. */
  get size(): number {
    return this.#size
  }

  /** Calls `deadline.onDeadline()` after `ms` milliseconds, never earlier. Replaces the one that was set before. */
  set(deadline: Deadline, ms: number): void {
    deadline.place ??= { deadline, due: 0, lane: undefined, before: undefined, after: undefined }
    const { place } = deadline
    let { lane } = place
    if (lane?.ms === ms) {
      unlink(place, lane)
    } else {
      if (lane !== undefined) this.#remove(place, lane)
      lane = this.#laneOf(ms)
      this.#size++
    }
    link(place, lane)
    place.due = performance.now() + ms
    this.#wake(place.due + ms * SLACK)
  }

  has(deadline: Deadline): boolean {
    return deadline.place?.lane !== undefined
  }

  clear(deadline: Deadline): void {
    if (deadline.place?.lane === undefined) return
    this.#remove(deadline.place, deadline.place.lane)
    if (this.#size === 0) this.#sleep()
  }

  #laneOf(ms: number): Lane {
    let lane = this.#lanes.get(ms)
    if (lane === undefined) {
      lane = { ms, first: undefined, last: undefined }
      this.#lanes.set(ms, lane)
    }
    return lane
  }

  #remove(place: Place, lane: Lane): void {
    unlink(place, lane)
    place.lane = undefined
    this.#size--
    if (lane.first === undefined) this.#lanes.delete(lane.ms)
  }

  #wake(at: number): void {
    if (at >= this.#wakeAt) return
    this.#sleep()
    this.#wakeAt = at
    this.#timer = setTimeout(() => this.#expire(), Math.min(Math.ceil(at - performance.now()), MAX_TIMER))
  }

  #sleep(): void {
    clearTimeout(this.#timer)
    this.#wakeAt = Number.POSITIVE_INFINITY
  }

  /** Terminates, since a deadline that is set again meanwhile is due later. */
  #expire(): void {
    this.#sleep()
    const now = performance.now()
    for (const lane of this.#lanes.values()) {
      for (let place = lane.first; place !== undefined && place.due <= now; place = lane.first) {
        this.#remove(place, lane)
        place.deadline.onDeadline()
      }
    }
    for (const { ms, first } of this.#lanes.values()) {
      this.#wake((first as Place).due + ms * SLACK)
    }
  }
}

function link(place: Place, lane: Lane): void {
  place.lane = lane
  place.before = lane.last
  place.after = undefined
  if (lane.last === undefined) lane.first = place
  else lane.last.after = place
  lane.last = place
}

function unlink(place: Place, lane: Lane): void {
  const { before, after } = place
  // Until a full garbage collection, a dead stream keeps alive whatever it still points to.
  place.before = undefined
  place.after = undefined
  if (before === undefined) lane.first = after
  else before.after = after
  if (after === undefined) lane.last = before
  else after.before = before
}
