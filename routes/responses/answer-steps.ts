import type { FastifyReply, FastifyRequest } from 'fastify'
import type { SourceContext } from '../../plugin/index.js'
import { type AnswerPart, type Finish, finishOf, ResponseStep } from '../../plugin/toolkit.js'
import { type Generate, type GenerateRequest, sourceOf } from '../generate.js'
import { InnerRun } from '../inner-run.js'

type Step = AnswerPart | ResponseStep

/** What happens around an answer. */
export interface AnswerHooks {
  /** Whether the response begins before the answer does. If not, an answer that fails at once is an error response. */
  readonly beginsAtOnce: boolean
  /** Called when the answer begins. */
  onBegin(): void
  /** Called when the answer is complete, before the client gets the end of it. */
  onComplete(): Promise<void>
  /** Called when an answer that has begun is over, for whatever reason. */
  onEnd(): void
}

/** The parts of an answer with the steps of its response. */
export function answerSteps(
  generate: Generate,
  asked: GenerateRequest,
  request: FastifyRequest,
  reply: FastifyReply,
  hooks: AnswerHooks
) {
  const source = sourceOf(generate, asked, request)
  return ({ signal }: SourceContext): AsyncIterable<Step, Finish> => {
    const steps = new AnswerSteps(new InnerRun(source, reply, signal), hooks)
    return { [Symbol.asyncIterator]: () => steps }
  }
}

class AnswerSteps implements AsyncIterator<Step, Finish> {
  readonly #run: InnerRun
  readonly #hooks: AnswerHooks
  #hasBegun = false
  #finish: Finish | undefined

  constructor(run: InnerRun, hooks: AnswerHooks) {
    this.#run = run
    this.#hooks = hooks
  }

  async next(): Promise<IteratorResult<Step, Finish>> {
    try {
      const step = await this.#next()
      if (step.done) this.#hooks.onEnd()
      return step
    } catch (error) {
      this.#hooks.onEnd()
      throw error
    }
  }

  async #next(): Promise<IteratorResult<Step, Finish>> {
    if (!this.#hasBegun) {
      this.#hasBegun = true
      this.#hooks.onBegin()
      if (this.#hooks.beginsAtOnce) return { done: false, value: new ResponseStep() }
    }
    if (this.#finish !== undefined) {
      await this.#hooks.onComplete()
      return { done: true, value: this.#finish }
    }
    const result = await this.#run.next()
    // The protocol checks what the parts are.
    if (!result.done) return result as IteratorYieldResult<Step>
    this.#finish = finishOf(result.value)
    return { done: false, value: new ResponseStep(this.#finish) }
  }

  async return(): Promise<IteratorResult<Step, Finish>> {
    this.#run.release()
    this.#hooks.onEnd()
    return { done: true, value: undefined as never }
  }
}
