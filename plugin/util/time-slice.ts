/** The most items of a source in one turn. */
const ITEMS = 1024
/** The longest that a source may use a turn. Milliseconds. */
const MS = 10
const ITEMS_BETWEEN_CLOCK_READS = 16

let current = 0
let watching = false

/** The number of the current turn of the event loop. All streams share the immediate that counts the turns. */
function thisTurn(): number {
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
 * A source's share of a turn of the event loop: how many items it may give, and when they are sent.
 *
 * Without a limit, a source that is always ready would keep timers, sockets and other streams waiting for as long as it
 * has items, since settled promises go first (S6).
 */
export class TimeSlice {
  #number = -1
  #items = 0
  #startedAt = 0
  #settled = -1
  #atEnd: NodeJS.Immediate | undefined

  /** Counts an item. @returns whether it was the last one of this turn */
  isOver(): boolean {
    const number = thisTurn()
    if (number !== this.#number) {
      this.#number = number
      this.#items = 0
      this.#startedAt = performance.now()
    }
    this.#items++
    if (this.#items >= ITEMS) return true
    return this.#items % ITEMS_BETWEEN_CLOCK_READS === 0 && performance.now() - this.#startedAt > MS
  }

  /** Makes the next item the last one of this turn. */
  cut(): void {
    this.#number = thisTurn()
    this.#items = ITEMS
  }

  /** Resolves in the next turn of the event loop. */
  next(): Promise<void> {
    return new Promise(resolve => {
      setImmediate(resolve)
    })
  }

  /**
   * Calls back with `target` once the items that are ready now have been given (S5): when no settled promise is left,
   * so that they do not wait for other streams. If it was called in this turn before, it calls back at the end of the
   * turn, since the source then gives its items one by one.
   */
  onSettled<T>(callback: (target: T) => void, target: T): void {
    const number = thisTurn()
    if (number === this.#settled) {
      this.#atEnd = setImmediate(callback, target)
    } else {
      this.#settled = number
      process.nextTick(callback, target)
    }
  }

  /** Drops the target: cancels a callback at the end of the turn that is still to come. */
  forget(): void {
    clearImmediate(this.#atEnd)
  }
}
