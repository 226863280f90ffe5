import { FST_SSE_SOURCE_TRUNCATED } from './errors.js'
import { isPromiseLike } from './promise.js'
import type { Source } from './source.js'

/** A source whose end is believed only after an item that completes the answer: most SDKs end a lost answer like a whole one. */
export class WholeSource implements Source {
  readonly #source: Source
  readonly #isComplete: (item: never) => boolean
  #isWhole = false

  constructor(source: Source, isComplete: (item: never) => boolean) {
    this.#source = source
    this.#isComplete = isComplete
  }

  /** @throws FST_SSE_SOURCE_TRUNCATED */
  next(): Promise<IteratorResult<unknown, unknown>> | IteratorResult<unknown, unknown> {
    const result = this.#source.next()
    return isPromiseLike(result) ? (result as Promise<IteratorResult<unknown>>).then(this.#seen) : this.#seen(result)
  }

  cancel(onError: (error: unknown) => void): void {
    this.#source.cancel(onError)
  }

  readonly #seen = (result: IteratorResult<unknown, unknown>): IteratorResult<unknown, unknown> => {
    if (!result.done) this.#isWhole ||= this.#isComplete(result.value as never) === true
    else if (!this.#isWhole) throw new FST_SSE_SOURCE_TRUNCATED()
    return result
  }
}
