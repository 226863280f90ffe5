/** Something that is to be told when its time is up. It has one deadline at a time. */
export interface Deadline {
  /** Kept by the `Deadlines` that it was set in. */
  place?: Place | undefined
  /** Called once when the time is up, unless the deadline was cleared or set anew before. */
  onDeadline(): void
}

/** Where a deadline waits in its lane. Links of its own let it move with every event of a stream at next to no cost. */
export interface Place {
  readonly deadline: Deadline
  due: number
  lane: Lane | undefined
  before: Place | undefined
  after: Place | undefined
}

/** The deadlines of one length. Each is set later than the one before it, so it is due later: a queue, never sorted. */
interface Lane {
  readonly ms: number
  first: Place | undefined
  last: Place | undefined
}

/** The share of its length by which a deadline may be late, so that thousands of them wake the process only a few times. */
const SLACK = 1 / 64

/** The longest that a timer of Node can be. Milliseconds. */
const MAX_TIMER = 2 ** 31 - 1

/** The deadlines of all streams, on one timer (V4). */
export class Deadlines {
  readonly #lanes = new Map<number, Lane>()
  #size = 0
  #timer: NodeJS.Timeout | undefined
  #wakeAt = Number.POSITIVE_INFINITY

  /** How many are waiting. */
  get size(): number {
    return this.#size
  }

  /** Calls `deadline.onDeadline()` in `ms` milliseconds, never earlier, in place of the deadline that was set before. */
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
    this.#timer = setTimeout(() => this.#ring(), Math.min(Math.ceil(at - performance.now()), MAX_TIMER))
  }

  #sleep(): void {
    clearTimeout(this.#timer)
    this.#wakeAt = Number.POSITIVE_INFINITY
  }

  /** Those set again while this runs are due later, so it comes to an end. */
  #ring(): void {
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
  // What a dead stream still points to, the garbage collector takes for alive until it looks at all of the memory.
  place.before = undefined
  place.after = undefined
  if (before === undefined) lane.first = after
  else before.after = after
  if (after === undefined) lane.last = before
  else after.before = before
}
