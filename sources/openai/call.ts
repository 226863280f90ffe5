/** One request to the provider, and what aborts it. */
export class Call {
  readonly #controller = new AbortController()
  readonly #signal: AbortSignal
  readonly #timer: ReturnType<typeof setTimeout>
  readonly #leave = () => this.#controller.abort(this.#signal.reason)

  /**
   * @param signal aborted when the answer is no longer wanted
   * @param timeout how long the answer may take to begin. Milliseconds.
   * @throws the reason of a signal that is already aborted
   */
  constructor(signal: AbortSignal, timeout: number) {
    signal.throwIfAborted()
    this.#signal = signal
    signal.addEventListener('abort', this.#leave)
    this.#timer = setTimeout(() => this.#controller.abort(new Error(`timed out after ${timeout} ms`)), timeout)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The answer has begun: the timeout no longer applies. */
  begin(): void {
    clearTimeout(this.#timer)
  }

  /** Cleans up, and closes the connection unless the response was read to its end. */
  end(): void {
    clearTimeout(this.#timer)
    this.#signal.removeEventListener('abort', this.#leave)
    this.#controller.abort()
  }
}
