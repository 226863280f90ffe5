import { FST_SSE_PRODUCER_FENCED, FST_SSE_STORE_FULL } from '../../errors.js'

/** How long a failing store is retried after the end of the stream, unless the lease is shorter. Milliseconds. */
const MAX_FINAL_RETRY_TIME = 10_000

/** What a producer does about a failed call of its event store. */
export type StoreFailureRemedy =
  /** Repeat the call later. */
  | 'retry'
  /** Create the log anew: the store has lost it, or the lease on it. */
  | 'recreate'
  /** Store nothing more. */
  | 'give up'
  /** End the stream: its process slept for so long that followers were told that it is lost. */
  | 'end'

/** Judges the failures of the event store by what a producer knows itself. */
export class StoreFailures {
  readonly #lease: number
  /** When the last successful call was made, by `performance.now()`. */
  #lastSuccess = performance.now()
  #isFailing = false
  #isRecreating = false

  /** @param lease of the store, in milliseconds */
  constructor(lease: number) {
    this.#lease = lease
  }

  /** Whether the last call has failed. */
  get isFailing(): boolean {
    return this.#isFailing
  }

  /** Whether the log is to be created anew. */
  get isRecreating(): boolean {
    return this.#isRecreating
  }

  /** Whether the store has been silent for so long that what it said of the lease and of followers no longer holds. */
  get isCutOff(): boolean {
    return this.#isFailing && performance.now() - this.#lastSuccess > this.#lease
  }

  /** @param calledAt when the call was made: if the process slept meanwhile, its answer is old */
  succeeded(calledAt: number): void {
    this.#lastSuccess = calledAt
    this.#isFailing = false
    this.#isRecreating = false
  }

  /** The log was created. That is a sign of life, but it does not show whether the producer holds the lease. */
  created(calledAt: number): void {
    this.#lastSuccess = calledAt
  }

  /** @param hasEnded whether the stream has ended. While it goes on, the store has time to recover. */
  failed(error: unknown, hasEnded: boolean): StoreFailureRemedy {
    const silence = performance.now() - this.#lastSuccess
    const hadFailed = this.#isFailing
    this.#isFailing = true
    if (error instanceof FST_SSE_PRODUCER_FENCED) {
      if (!hadFailed && silence > this.#lease / 2) return 'end'
      if (this.#isRecreating) return 'give up'
      this.#isRecreating = true
      return 'recreate'
    }
    if (error instanceof FST_SSE_STORE_FULL) return 'give up'
    return hasEnded && silence > Math.min(this.#lease, MAX_FINAL_RETRY_TIME) ? 'give up' : 'retry'
  }
}
