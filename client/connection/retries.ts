import { settled } from '../callback.js'
import { SseStreamError } from '../errors.js'
import type { RetryOptions } from '../options.js'
import { delayOf } from './backoff.js'
import { withTimeout } from './with-timeout.js'

/** Decides whether a failed connection is tried again, and waits until it is. */
export class Retries {
  /** The failure that the current series of retries began with. */
  cause: SseStreamError | undefined
  /** The delay that the server asked for with its last `retry`. Milliseconds. */
  serverDelay = 0
  readonly #options: RetryOptions
  /** How many retries in a row have brought no event. */
  #count = 0
  /** What the server asked for before the current wait ends. Milliseconds. */
  #least = 0
  #wake = () => {}

  constructor(options: RetryOptions) {
    this.#options = options
  }

  /** Ends the series of retries: an event has arrived. */
  reset(): void {
    this.#count = 0
  }

  /**
   * Waits until it is time for the next connection.
   *
   * @param error the failure of the last connection
   * @param hasEvents whether events were given out
   * @param signal ends the wait
   * @throws the failure if there is to be no retry, or the reason of the signal
   */
  async wait(error: SseStreamError, hasEvents: boolean, signal: AbortSignal): Promise<void> {
    const { code, message, statusCode, retryAfter = 0 } = error
    // An answer that is wanted now is of no use in a minute.
    const isBusy = statusCode === 429 && !hasEvents
    const { maxRetries = isBusy ? 2 : 10, retryDelay = 1000 } = this.#options
    const { maxRetryDelay = isBusy ? 5000 : 30_000, onReconnect } = this.#options
    const retries = this.#count
    if (retryAfter > maxRetryDelay || !maxRetries) throw error
    if (retries >= maxRetries) {
      throw new SseStreamError(code, `${message} (gave up after ${retries} retries)`, { ...error, cause: error })
    }
    if (!retries) this.cause = error
    this.#count++
    this.#least = Math.max(retryAfter, Math.min(this.serverDelay, maxRetryDelay))
    const delay = delayOf(retries, this.#least, retryDelay, maxRetryDelay)
    const told = settled(onReconnect?.({ attempt: this.#count, delay, error }), signal)
    const woken = new Promise<void>(resolve => {
      this.#wake = resolve
    })
    await Promise.all([withTimeout(woken, delay, signal).catch(() => signal.throwIfAborted()), told])
  }

  /** Ends a wait, if there is one, when the server has had the time that it asked for. The series begins anew. */
  wakeSoon(): void {
    this.#count = 0
    setTimeout(this.#wake, this.#least)
  }

  /** Ends a wait at once, if there is one. */
  wake(): void {
    this.#wake()
  }
}
