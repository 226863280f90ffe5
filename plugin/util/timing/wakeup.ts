import type { Deadline, DeadlineEntry, Deadlines } from './deadlines.js'

/** Lets one loop wait until it is woken, or until a time is up. */
export class Wakeup implements Deadline {
  entry?: DeadlineEntry | undefined
  readonly #deadlines: Deadlines
  #resolve: (() => void) | undefined

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines
  }

  /** Resolves at the next `wake`. @param ms resolves after this time at the latest, in milliseconds. Default: never */
  wait(ms?: number): Promise<void> {
    return new Promise(resolve => {
      this.#resolve = resolve
      if (ms !== undefined) this.#deadlines.set(this, ms)
    })
  }

  /** Wakes the loop, if it waits. */
  wake(): void {
    this.#deadlines.clear(this)
    this.#resolve?.()
  }

  onDeadline(): void {
    this.#resolve?.()
  }
}
