import type { Ending } from './chunk/finish-reason.js'

/** How long to wait for the rest where only one of finish_reason and `[DONE]` has come. Milliseconds. */
const SETTLE = 1000

/** How long to wait after both for the end of the body, so that the connection can be reused. Milliseconds. */
const LINGER = 200

/** How far the end of an answer has arrived, and how much longer to wait for the rest of it. */
export class AnswerEnd {
  #ending: Ending | undefined
  #isMarked = false
  #deadline: number | undefined

  /** The finish_reason that counts. */
  get ending(): Ending | undefined {
    return this.#ending
  }

  /** Whether `[DONE]`, or what stands for it, has arrived. */
  get isMarked(): boolean {
    return this.#isMarked
  }

  /** Whether one of the two has arrived. */
  get hasBegun(): boolean {
    return this.#isMarked || this.#ending !== undefined
  }

  /** Whether both have arrived. */
  get isOver(): boolean {
    return this.#isMarked && this.#ending !== undefined
  }

  /** How much longer to wait for the rest. Milliseconds; `undefined` is without limit. */
  get patience(): number | undefined {
    return this.#deadline === undefined ? undefined : Math.max(0, this.#deadline - performance.now())
  }

  /** Extends the wait by the time that the consumer took: the provider is not to blame for that. Milliseconds. */
  postpone(ms: number): void {
    if (this.#deadline !== undefined) this.#deadline += ms
  }

  /** What comes after `[DONE]` means that it was none: proxies have sent one for each part that they had read. */
  goOn(): void {
    if (this.#isMarked) {
      this.#isMarked = false
      this.#deadline = undefined
    }
    if (this.#ending !== undefined) this.#wait(SETTLE)
  }

  mark(): void {
    if (this.#isMarked) return
    this.#isMarked = true
    this.#wait(this.#ending === undefined ? SETTLE : LINGER)
  }

  /** A failure is final, and `unknown` never replaces a reason. */
  take(ending: Ending): void {
    if (this.#ending === undefined) this.#wait(this.#isMarked ? LINGER : SETTLE)
    const keeps = this.#ending !== undefined && (this.#ending.reason === undefined || ending.reason === 'unknown')
    if (!keeps) this.#ending = ending
  }

  #wait(ms: number): void {
    this.#deadline = performance.now() + ms
  }
}
