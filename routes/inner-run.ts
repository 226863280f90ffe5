import type { FastifyReply } from 'fastify'
import type { SourceSignal, SseSource } from '../plugin/index.js'
import { type AnswerPart, type Finish, SourceRun } from '../plugin/toolkit.js'

type Result = IteratorResult<unknown, unknown>

/**
 * The run of an answer that another source reads. An async generator would queue the call of `return()` behind a
 * pending `next()`, and a source that hangs would never be released. This passes it on at once, in all the ways that a
 * source may listen to (S2).
 */
export class InnerRun {
  readonly #run: SourceRun
  readonly #signal: SourceSignal

  /** @param signal that of the source which reads the run */
  constructor(source: SseSource<AnswerPart, Finish>, reply: FastifyReply, signal: SourceSignal) {
    const run = new SourceRun(source, reply)
    this.#run = run
    this.#signal = signal
    // It may be read on, until it has given its usage.
    signal.addEventListener('abort', () => signal.reason && run.abortSignal(signal.reason), { once: true })
  }

  /** The next part, or the return value, as the source gives it. */
  next(): Result | Promise<Result> {
    return this.#run.next()
  }

  /** Called when the source which reads it is released. Its signal was aborted before. */
  release(): void {
    if (this.#signal.reason) this.#run.cancel(this.#signal.reason)
  }
}
