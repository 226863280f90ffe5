/** The largest number of items of one source in a turn of the event loop. */
const MAX_ITEMS = 1024
/** The longest time of one source in a turn of the event loop. Milliseconds. */
const MAX_MS = 10
/** The clock is read only once for this many items. */
const ITEMS_PER_CLOCK_READ = 16

let current = 0
let watching = false

/** The number of the current turn of the event loop. All streams share one immediate that counts the turns. */
function currentTurn(): number {
  if (!watching) {
    watching = true
    setImmediate(() => {
      watching = false
      current++
    })
  }
  return current
}

/**
 * Limits what one source does in a turn of the event loop, and says when the items that are ready can be sent together.
 *
 * A source that is always ready must yield (S6): otherwise promises that are already settled would keep timers and
 * sockets waiting until the source ends.
 */
export class TimeSlice {
  #turn = -1
  #items = 0
  #startedAt = 0
  #seenAt = 0
  #isPaused = false
  #pausedAt = 0
  #pausedFor = 0
  /** The last turn in which `onSettled` was called. */
  #settledTurn = -1
  #atEnd: NodeJS.Immediate | undefined

  /**
   * When the last item was asked for, by `performance.now()`. The clock is not read for every item, so it can be the
   * time of an earlier one in the same turn.
   */
  get seenAt(): number {
    return this.#seenAt
  }

  /** Whether no item is asked for at the moment, since there is no room for it. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  /** How long no item was asked for since there was no room, in all. Milliseconds. */
  get pausedFor(): number {
    return this.#isPaused ? this.#pausedFor + performance.now() - this.#pausedAt : this.#pausedFor
  }

  /** Called when there is no room for items. */
  pause(): void {
    this.#isPaused = true
    this.#pausedAt = performance.now()
  }

  /** Called when there is room again. */
  resume(): void {
    this.#isPaused = false
    this.#seenAt = performance.now()
    this.#pausedFor += this.#seenAt - this.#pausedAt
  }

  /** Counts an item. @returns whether it must be the last one of this turn */
  isOver(): boolean {
    const turn = currentTurn()
    if (turn !== this.#turn) {
      this.#turn = turn
      this.#items = 0
      this.#startedAt = performance.now()
      this.#seenAt = this.#startedAt
    }
    this.#items++
    if (this.#items >= MAX_ITEMS) return true
    if (this.#items % ITEMS_PER_CLOCK_READ !== 0) return false
    this.#seenAt = performance.now()
    return this.#seenAt - this.#startedAt > MAX_MS
  }

  /** Makes the next item the last one of this turn. */
  cut(): void {
    this.#turn = currentTurn()
    this.#items = MAX_ITEMS
  }

  /** Resolves in the next turn of the event loop. */
  next(): Promise<void> {
    return new Promise(resolve => {
      setImmediate(() => {
        this.#seenAt = performance.now()
        resolve()
      })
    })
  }

  /**
   * Calls back with `target` when no more items are ready (S5). The first call in a turn waits until no settled promise
   * is left, so that a write does not wait for the work of other streams. A further call waits for the end of the turn,
   * since the source then gives its items one by one.
   */
  onSettled<T>(callback: (target: T) => void, target: T): void {
    const turn = currentTurn()
    if (turn === this.#settledTurn) {
      this.#atEnd = setImmediate(callback, target)
    } else {
      this.#settledTurn = turn
      process.nextTick(callback, target)
    }
  }

  /** Cancels a pending callback at the end of the turn, and releases its target. */
  forget(): void {
    clearImmediate(this.#atEnd)
  }
}
