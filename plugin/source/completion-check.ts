import { FST_SSE_SOURCE_TRUNCATED } from '../errors.js'
import { isPromiseLike } from '../util/promise.js'
import type { Source } from './source.js'

type Result = IteratorResult<unknown, unknown>

/**
 * Reads a source, and accepts its end only after an item that completes the answer. Most SDKs end a truncated answer
 * exactly like a complete one.
 */
export class CompletionCheck implements Pick<Source, 'next'> {
  readonly #source: Source
  readonly #isComplete: (item: never) => boolean
  #hasCompleted = false

  constructor(source: Source, isComplete: (item: never) => boolean) {
    this.#source = source
    this.#isComplete = isComplete
  }

  /** @throws FST_SSE_SOURCE_TRUNCATED if the source ends before such an item */
  next(): Promise<Result> | Result {
    const result = this.#source.next()
    return isPromiseLike(result) ? (result as Promise<Result>).then(this.#check) : this.#check(result)
  }

  readonly #check = (result: Result): Result => {
    if (!result.done) this.#hasCompleted ||= this.#isComplete(result.value as never) === true
    else if (!this.#hasCompleted) throw new FST_SSE_SOURCE_TRUNCATED('an item for which isComplete returns true')
    return result
  }
}
