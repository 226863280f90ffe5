import type { FastifyRequest } from 'fastify'
import { lastEventIdOf } from './end-mark.js'
import { isPromiseLike } from './promise.js'
import { discardSource, holdErrors, type Source, type SourceContext, toSource } from './source.js'

/** One run of what the caller handed over: started once, and cancelled at any time (S2, S3). */
export class SourceRun {
  readonly #given: unknown
  readonly #request: FastifyRequest
  readonly #onError: (error: unknown) => void
  #controller: AbortController | undefined
  #source: Source | undefined
  #started = false
  #cancelled = false

  /** @param onError is told what a source does wrong after it was cancelled, which changes nothing for anybody */
  constructor(given: unknown, request: FastifyRequest, onError: (error: unknown) => void) {
    this.#given = given
    this.#request = request
    this.#onError = onError
    holdErrors(given)
  }

  /**
   * Calls the function form, waits for a promise, and gives the iterator. Where it was cancelled meanwhile, so is that.
   *
   * @throws FST_SSE_SOURCE_INVALID, and whatever the caller's function or promise fails with
   */
  async start(): Promise<Source> {
    this.#started = true
    const given: unknown = typeof this.#given === 'function' ? this.#given(this.#context()) : this.#given
    const source = toSource(isPromiseLike(given) ? await given : given)
    if (this.#cancelled) source.cancel(this.#onError)
    this.#source = source
    return source
  }

  /** Tells the provider to stop, whatever the source is waiting for. Does not wait for it. */
  cancel(): void {
    this.#cancelled = true
    this.#controller?.abort()
    if (this.#source !== undefined) this.#source.cancel(this.#onError)
    else if (!this.#started) discardSource(this.#given, this.#onError)
  }

  #context(): SourceContext {
    const signal = () => this.#signal
    return {
      get signal() {
        return signal()
      },
      lastEventId: lastEventIdOf(this.#request.headers),
      request: this.#request
    }
  }

  /** Made when it is asked for, which many sources never do. */
  get #signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#cancelled) this.#controller.abort()
    return this.#controller.signal
  }
}
