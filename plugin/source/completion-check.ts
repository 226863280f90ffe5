import { FST_SSE_OPTION_INVALID, FST_SSE_SOURCE_TRUNCATED } from '../errors.js'
import { ignoreRejection, isPromiseLike } from '../util/promise.js'
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

  /**
   * @throws FST_SSE_SOURCE_TRUNCATED if the source ends before such an item; FST_SSE_OPTION_INVALID if `isComplete` is
   *   async, which no item waits for
   */
  next(): Promise<Result> | Result {
    const result = this.#source.next()
    return isPromiseLike(result) ? (result as Promise<Result>).then(this.#check) : this.#check(result)
  }

  readonly #check = (result: Result): Result => {
    if (!result.done) this.#hasCompleted ||= this.#completes(result.value)
    else if (!this.#hasCompleted) throw new FST_SSE_SOURCE_TRUNCATED('an item for which isComplete returns true')
    return result
  }

  #completes(item: unknown): boolean {
    const answer: unknown = this.#isComplete(item as never)
    if (typeof answer === 'boolean' || !isPromiseLike(answer)) return answer === true
    ignoreRejection(answer)
    throw new FST_SSE_OPTION_INVALID('isComplete', 'must return true or false, not a promise')
  }
}
