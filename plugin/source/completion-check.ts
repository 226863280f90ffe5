import { FST_SSE_SOURCE_TRUNCATED } from '../errors.js'
import { isPromiseLike } from '../util/promise.js'
import type { Source } from './source.js'

type Result = IteratorResult<unknown, unknown>

/** Reads a source, and believes its end only after an item that completes the answer: most SDKs end a lost answer like a whole one. */
export class CompletionCheck implements Pick<Source, 'next'> {
  readonly #source: Source
  readonly #isComplete: (item: never) => boolean
  #isWhole = false

  constructor(source: Source, isComplete: (item: never) => boolean) {
    this.#source = source
    this.#isComplete = isComplete
  }

  /** @throws FST_SSE_SOURCE_TRUNCATED */
  next(): Promise<Result> | Result {
    const result = this.#source.next()
    return isPromiseLike(result) ? (result as Promise<Result>).then(this.#look) : this.#look(result)
  }

  readonly #look = (result: Result): Result => {
    if (!result.done) this.#isWhole ||= this.#isComplete(result.value as never) === true
    else if (!this.#isWhole) throw new FST_SSE_SOURCE_TRUNCATED('an item for which isComplete returns true')
    return result
  }
}
