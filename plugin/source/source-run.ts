import type { FastifyReply } from 'fastify'
import { lastEventIdOf } from '../sse/last-event-id.js'
import { logError } from '../util/log.js'
import { isPromiseLike } from '../util/promise.js'
import { CompletionCheck } from './completion-check.js'
import { discardSource, holdErrors, type Source, type SourceContext, type SourceOptions, toSource } from './source.js'
import type { StreamAbort } from './stream-abort.js'

/** One run of a caller's source. It starts at most once, and can be cancelled at any time (S2, S3). */
export class SourceRun {
  readonly #given: unknown
  readonly #reply: FastifyReply
  readonly #isComplete: SourceOptions['isComplete']
  #controller: AbortController | undefined
  #source: Source | undefined
  #items: Pick<Source, 'next'> | undefined
  #started = false
  #abort: StreamAbort | undefined

  constructor(given: unknown, reply: FastifyReply, isComplete?: SourceOptions['isComplete']) {
    this.#given = given
    this.#reply = reply
    this.#isComplete = isComplete
    holdErrors(given)
  }

  /**
   * The next item. The first call starts the source: it calls the function form, waits for a promise, and gets the
   * iterator. If the run was cancelled meanwhile, it stops the source.
   *
   * @throws FST_SSE_SOURCE_INVALID, FST_SSE_SOURCE_TRUNCATED if the run has an `isComplete`, and any error of the
   *   caller's function, promise or iterator
   */
  next(): Promise<IteratorResult<unknown, unknown>> | IteratorResult<unknown, unknown> {
    return this.#items === undefined ? this.#start() : this.#items.next()
  }

  /**
   * Stops the source, even while it waits for the provider. Does not wait for it to stop.
   *
   * @param abort why: the reason of the signal of the source (S8)
   */
  cancel(abort: StreamAbort): void {
    this.#abort = abort
    this.abortSignal(abort)
    if (this.#source !== undefined) this.#stop(this.#source, abort)
    else if (!this.#started) discardSource(this.#given, abort, error => this.#ignore(error))
  }

  /** Aborts the signal of the source, which may be read on. */
  abortSignal(abort: StreamAbort): void {
    this.#controller?.abort(abort)
  }

  /** An error after the end of the stream affects no client. */
  #ignore(error: unknown): void {
    logError(this.#reply.log, 'debug', error, 'the source of an ended stream failed')
  }

  #stop(source: Source, abort: StreamAbort): void {
    source.cancel(abort, error => this.#ignore(error))
  }

  async #start(): Promise<IteratorResult<unknown, unknown>> {
    this.#started = true
    const given: unknown = typeof this.#given === 'function' ? this.#given(this.#context()) : this.#given
    const source = toSource(isPromiseLike(given) ? await given : given)
    this.#source = source
    if (this.#abort !== undefined) this.#stop(source, this.#abort)
    this.#items = this.#isComplete === undefined ? source : new CompletionCheck(source, this.#isComplete)
    return this.#items.next()
  }

  #context(): SourceContext {
    this.#controller = new AbortController()
    const { request } = this.#reply
    return { signal: this.#controller.signal, lastEventId: lastEventIdOf(request), request }
  }
}
