import type { FastifyReply } from 'fastify'
import { lastEventIdOf } from '../sse/last-event-id.js'
import { logError } from '../util/log.js'
import { isPromiseLike } from '../util/promise.js'
import { CompletionCheck } from './completion-check.js'
import { discardSource, holdErrors, type Source, type SourceContext, type SourceOptions, toSource } from './source.js'

/** One run of what the caller handed over: started once, and cancelled at any time (S2, S3). */
export class SourceRun {
  readonly #given: unknown
  readonly #reply: FastifyReply
  readonly #isComplete: SourceOptions['isComplete']
  #controller: AbortController | undefined
  #source: Source | undefined
  #items: Pick<Source, 'next'> | undefined
  #started = false
  #cancelled = false

  constructor(given: unknown, reply: FastifyReply, isComplete?: SourceOptions['isComplete']) {
    this.#given = given
    this.#reply = reply
    this.#isComplete = isComplete
    holdErrors(given)
  }

  /**
   * The next item. The first call starts the source: it calls the function form, waits for a promise, and takes the
   * iterator. A source that was cancelled meanwhile is stopped.
   *
   * @throws FST_SSE_SOURCE_INVALID, and whatever the caller's function, promise or iterator fails with. Where the options
   *   have `isComplete`: FST_SSE_SOURCE_TRUNCATED.
   */
  next(): Promise<IteratorResult<unknown, unknown>> | IteratorResult<unknown, unknown> {
    return this.#items === undefined ? this.#start() : this.#items.next()
  }

  /** Tells the provider to stop, whatever the source is waiting for. Does not wait for it. */
  cancel(): void {
    this.#cancelled = true
    this.#controller?.abort()
    if (this.#source !== undefined) this.#stop(this.#source)
    else if (!this.#started) discardSource(this.#given, error => this.#ignore(error))
  }

  /** What becomes of a source after its end changes nothing for anybody. */
  #ignore(error: unknown): void {
    logError(this.#reply.log, 'debug', error, 'the source of an ended stream failed')
  }

  #stop(source: Source): void {
    source.cancel(error => this.#ignore(error))
  }

  async #start(): Promise<IteratorResult<unknown, unknown>> {
    this.#started = true
    const given: unknown = typeof this.#given === 'function' ? this.#given(this.#context()) : this.#given
    const source = toSource(isPromiseLike(given) ? await given : given)
    this.#source = source
    if (this.#cancelled) this.#stop(source)
    this.#items = this.#isComplete === undefined ? source : new CompletionCheck(source, this.#isComplete)
    return this.#items.next()
  }

  #context(): SourceContext {
    this.#controller = new AbortController()
    const { request } = this.#reply
    return { signal: this.#controller.signal, lastEventId: lastEventIdOf(request.headers), request }
  }
}
