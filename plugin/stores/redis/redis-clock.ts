/** The clock of Redis, as far as its answers tell. The clocks of the nodes differ from it, and from each other. */
export class RedisClock {
  /** By how much it is ahead of `performance.now()`; `undefined` before the first answer. Milliseconds. */
  #offset: number | undefined

  /** @param time of Redis, when it made an answer that has just arrived. Milliseconds */
  observe(time: number): void {
    this.#offset = time - performance.now()
  }

  /** The time of Redis in `ms` milliseconds; 0, which has passed, if it is not known yet. */
  after(ms: number): number {
    return this.#offset === undefined ? 0 : Math.ceil(performance.now() + this.#offset + ms)
  }
}
