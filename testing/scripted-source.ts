import type { SourceContext, SourceSignal } from '../plugin/index.js'

/** What a run is to do next. */
type Step<T, R> = { item: T; taken: (isTaken: boolean) => void } | { result: R } | { error: unknown }

/** What a run knows of its stream. The plugin gives all of it; the `generate` of a ready route is given no id. */
export type RunContext = Pick<SourceContext, 'signal'> & Partial<SourceContext>

/** One run of a source: what one request, or one resumable stream, reads. */
export interface SourceRun<T, R = unknown> {
  /** What the plugin gave the source: the request, the id to resume after, and the signal. */
  readonly context: RunContext
  /** Tells whether the plugin has aborted the source. Its `reason` is a `StreamAbort` that says why. */
  readonly signal: SourceSignal
  /** How many items were asked for so far. It stands still while a slow client is waited for. */
  readonly pulls: number
  /** Whether the run is over: it has ended, failed, was left, or its signal was aborted. */
  readonly isOver: boolean
  /** Resolves when the run is over, whatever ended it. */
  readonly over: Promise<void>
  /**
   * Yields items, one after the other, as they are asked for.
   *
   * @returns whether all of them were taken; `false` if the run was over before. It waits as long as nobody asks.
   */
  give(...items: T[]): Promise<boolean>
  /** Ends the run, after all that was given. @param result its return value, such as `{ finishReason: 'stop' }` */
  end(result?: R): void
  /** Fails, after all that was given. @param error what the source throws */
  fail(error: unknown): void
}

/**
 * A source that does what a test tells it to. It is a function: give it to `reply.sseFrom`, or return what it returns.
 * `give`, `end` and `fail` are those of the run that started last. Before the first run, and after the end of a run,
 * they are kept for the next run: so a test can script several runs before the first of them starts.
 */
export interface ScriptedSource<T, R = unknown> extends Pick<SourceRun<T, R>, 'give' | 'end' | 'fail'> {
  (context: RunContext): AsyncIterable<T, R>
  /** All runs so far. An answer that is resumed is one run; one that is asked for again is another. */
  readonly runs: readonly SourceRun<T, R>[]
  /**
   * Waits for a run to start.
   *
   * @param index which one: 0 for the first, which is the default
   * @throws RangeError if `index` is not a whole number from 0 on: it rejects, for no such run will ever start
   */
  run(index?: number): Promise<SourceRun<T, R>>
}

/**
 * Makes a source for a test, which yields what the test gives it, waits, ends or fails, and knows whether and why it
 * was aborted.
 *
 * @example
 * ```ts
 * const source = scriptedSource<string>()
 * app.get('/stream', (_request, reply) => reply.sseFrom(source))
 * const stream = await injectSse(app, '/stream')
 * await source.give('Hello')
 * stream.disconnect()
 * const run = await source.run()
 * await run.over
 * assert.equal(run.signal.reason?.reason, 'disconnect')
 * ```
 *
 * @template T the items
 * @template R the return value
 */
export function scriptedSource<T, R = unknown>(): ScriptedSource<T, R> {
  const runs: Run<T, R>[] = []
  const waiting = new Map<number, ((run: SourceRun<T, R>) => void)[]>()
  /** Runs that were told something and have not started. Only the last of them has no end yet. */
  const ahead: Run<T, R>[] = []
  const current = () => {
    const last = ahead.at(-1) ?? runs.at(-1)
    if (last && !last.isOver && !last.isEnding) return last
    const next = new Run<T, R>()
    ahead.push(next)
    return next
  }

  const start = (context: RunContext): AsyncIterable<T, R> => {
    const run = ahead.shift() ?? new Run<T, R>()
    const index = runs.push(run) - 1
    run.start(context)
    for (const resolve of waiting.get(index) ?? []) resolve(run)
    return run
  }
  return Object.assign(start, {
    runs,
    run: async (index = 0) => {
      if (!Number.isSafeInteger(index) || index < 0) {
        throw new RangeError(`the index of a run is a whole number from 0 on, and not ${describe(index)}`)
      }
      const started = runs[index]
      if (started) return started
      return new Promise<SourceRun<T, R>>(resolve => {
        waiting.set(index, [...(waiting.get(index) ?? []), resolve])
      })
    },
    give: (...items: T[]) => current().give(...items),
    end: (result?: R) => current().end(result),
    fail: (error: unknown) => current().fail(error)
  })
}

function describe(index: unknown): string {
  return typeof index === 'number' ? String(index) : `a value of type ${typeof index}`
}

class Run<T, R> implements SourceRun<T, R>, AsyncIterable<T, R> {
  readonly over: Promise<void>
  pulls = 0
  isOver = false
  /** Whether its end was given. */
  isEnding = false
  #context: RunContext | undefined
  readonly #steps: Step<T, R>[] = []
  /** Those who asked for an item and wait for it. */
  readonly #asking: ((result: IteratorResult<T, R> | Promise<never>) => void)[] = []
  #leave!: () => void

  constructor() {
    this.over = new Promise(resolve => {
      this.#leave = resolve
    })
  }

  start(context: RunContext): void {
    this.#context = context
    const { signal } = context
    // An async generator that reads the run cannot pass return() on while it waits for an item.
    if (signal.aborted) this.#finish()
    else signal.addEventListener('abort', () => this.#finish(), { once: true })
  }

  get context(): RunContext {
    return this.#context as RunContext
  }

  get signal(): SourceSignal {
    return this.context.signal
  }

  async give(...items: T[]): Promise<boolean> {
    if (this.isEnding || this.isOver) return false
    const taken = items.map(item => new Promise<boolean>(resolve => this.#steps.push({ item, taken: resolve })))
    this.#go()
    return (await Promise.all(taken)).every(Boolean)
  }

  end(result?: R): void {
    this.#endWith({ result: result as R })
  }

  fail(error: unknown): void {
    this.#endWith({ error })
  }

  [Symbol.asyncIterator](): AsyncIterator<T, R> {
    return {
      next: () => {
        this.pulls++
        if (this.isOver) return Promise.resolve({ done: true, value: undefined as R })
        return new Promise(resolve => {
          this.#asking.push(resolve)
          this.#go()
        })
      },
      return: () => {
        this.#finish()
        return Promise.resolve({ done: true, value: undefined as R })
      }
    }
  }

  #endWith(step: Step<T, R>): void {
    if (this.isEnding || this.isOver) return
    this.isEnding = true
    this.#steps.push(step)
    this.#go()
  }

  /** Answers those who ask, as far as the steps go. */
  #go(): void {
    while (this.#asking.length > 0) {
      const step = this.#steps.shift()
      if (!step) return
      const answer = this.#asking.shift() as (result: IteratorResult<T, R> | Promise<never>) => void
      if ('item' in step) {
        answer({ done: false, value: step.item })
        step.taken(true)
      } else {
        answer('result' in step ? { done: true, value: step.result } : Promise.reject(step.error))
        this.#finish()
      }
    }
  }

  #finish(): void {
    this.isOver = true
    for (const answer of this.#asking.splice(0)) answer({ done: true, value: undefined as R })
    for (const step of this.#steps.splice(0)) if ('item' in step) step.taken(false)
    this.#leave()
  }
}
