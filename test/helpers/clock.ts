import type { Test } from 'tap'

/** The longest delay of a timer in Node. Longer delays fire at once. Milliseconds. */
export const LONGEST = 2 ** 31 - 1

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** A clock that a test moves. It replaces `performance.now` and `setTimeout` until the test is over. */
export class Clock {
  now = 1_000_000
  /** How many timers have fired. */
  fired = 0
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
        if (delay > LONGEST) throw new RangeError(`a timer of ${delay} ms is too long`)
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

  /** Moves the clock, and fires each timer when it is due. Milliseconds. */
  pass(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.at - b.at)
      if (next === undefined || next.at > end) break
      this.#timers.delete(next)
      this.now = Math.max(this.now, next.at)
      this.fired++
      next.callback()
    }
    this.now = end
  }
}
