import type { Test } from 'tap'

/** The longest delay of a timer. Node warns of a longer one and fires the timer at once. */
export const LONGEST = 2 ** 31 - 1

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** A clock that moves when it is told to, in place of `performance.now` and `setTimeout` until the test is over. */
export class Clock {
  now = 1_000_000
  /** How often a timer went off. */
  rings = 0
  readonly #timers = new Set<Timer>()

  constructor(t: Test) {
    const { setTimeout, clearTimeout } = globalThis
    const { now } = performance
    t.teardown(() => {
      Object.assign(globalThis, { setTimeout, clearTimeout })
      performance.now = now
    })
    performance.now = () => this.now
    Object.assign(globalThis, {
      setTimeout: (callback: () => void, delay: number) => {
        if (delay > LONGEST) throw new RangeError(`a timer of ${delay} ms is longer than one can be`)
        const timer = { at: this.now + Math.max(1, Math.trunc(delay)), callback }
        this.#timers.add(timer)
        return timer
      },
      clearTimeout: (timer: Timer) => this.#timers.delete(timer)
    })
  }

  /** How many timers are waiting. */
  get timers(): number {
    return this.#timers.size
  }

  /** Lets time pass, and lets what is due in it happen when it is due. */
  pass(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.at - b.at)
      if (next === undefined || next.at > end) break
      this.#timers.delete(next)
      this.now = Math.max(this.now, next.at)
      this.rings++
      next.callback()
    }
    this.now = end
  }
}
