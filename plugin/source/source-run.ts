import type { FastifyReply } from 'fastify'
import type { StreamOptions } from '../options.js'
import { lastEventIdOf } from '../sse/last-event-id.js'
import { logError } from '../util/log.js'
import { isPromiseLike } from '../util/promise.js'
import { CompletionCheck } from './completion-check.js'
import { discardSource, holdErrors, type Source, type SourceContext, toSource } from './source.js'

/** One run of what the caller handed over: started once, and cancelled at any time (S2, S3). */
export class SourceRun {
  readonly #given: unknown
  readonly #reply: FastifyReply
  readonly #isComplete: StreamOptions['isComplete']
  #controller: AbortController | undefined
  #source: Source | undefined
  #started = false
  #cancelled = false

  constructor(given: unknown, reply: FastifyReply, isComplete?: StreamOptions['isComplete']) {
    this.#given = given
    this.#reply = reply
    this.#isComplete = isComplete
    holdErrors(given)
  }

  /**
   * Calls the function form, waits for a promise, and gives the iterator. Where it was cancelled meanwhile, so is that.
   *
   * @throws FST_SSE_SOURCE_INVALID, and whatever the caller's function or promise fails with.
   *   Where the options have `isComplete`, what it gives throws FST_SSE_SOURCE_TRUNCATED.
   */
  async start(): Promise<Pick<Source, 'next'>> {
    this.#started = true
    const given: unknown = typeof this.#given === 'function' ? this.#given(this.#context()) : this.#given
    const source = toSource(isPromiseLike(given) ? await given : given)
    this.#source = source
    if (this.#cancelled) this.#stop(source)
    return this.#isComplete === undefined ? source : new CompletionCheck(source, this.#isComplete)
  }

  /** Tells the provider to stop, whatever the source is waiting for. Does not wait for it. */
  cancel(): void {
    this.#cancelled = true
    this.#controller?.abort()
    if (this.#source !== undefined) this.#stop(this.#source)
    else if (!this.#started) discardSource(this.#given, error => this.ignore(error))
  }

  /** What becomes of a source after its end changes nothing for anybody. */
  ignore(error: unknown): void {
    logError(this.#reply.log, 'debug', error, 'the source of an ended stream failed')
  }

  #stop(source: Source): void {
    source.cancel(error => this.ignore(error))
  }

  #context(): SourceContext {
    this.#controller = new AbortController()
    const { request } = this.#reply
    return { signal: this.#controller.signal, lastEventId: lastEventIdOf(request.headers), request }
  }
}
