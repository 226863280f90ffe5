const ITEMS = 1024
const MS = 10
const ITEMS_BETWEEN_LOOKS_AT_THE_CLOCK = 16

let current = 0
let watching = false

/** The number of the turn of the event loop that runs. One immediate tells the turns of all streams apart. */
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
 * What one source does in a turn of the event loop: how much of it it gets, and when what it gave is sent.
 *
 * A source that is always ready gets a share, so that others have theirs (S6). Promises that are settled already would
 * otherwise keep timers and sockets waiting for as long as the source has items.
 */
export class TimeSlice {
  #number = -1
  #items = 0
  #startedAt = 0
  #settled = -1
  #atEnd: NodeJS.Immediate | undefined

  /** Counts an item, and says whether it was the last one of this turn. */
  isOver(): boolean {
    const number = thisTurn()
    if (number !== this.#number) {
      this.#number = number
      this.#items = 0
      this.#startedAt = performance.now()
    }
    this.#items++
    if (this.#items >= ITEMS) return true
    return this.#items % ITEMS_BETWEEN_LOOKS_AT_THE_CLOCK === 0 && performance.now() - this.#startedAt > MS
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
   * Calls back with `target` when all that is ready now was given (S5): as soon as no promise is left to go on with, so that nothing
   * waits for what other streams do in this turn. The second time in a turn it is at the turn's end, since a source
   * that goes on then gives its items one by one.
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

  /** Holds on to no target any more. What would be called back at the end of the turn is not, where it has not been yet. */
  forget(): void {
    clearImmediate(this.#atEnd)
  }
}
