/** How tokens come: all ready at once, or each in a turn of the event loop of its own. */
export type Pace = 'hot' | 'paced'

/** The tokens that come first, so that what is made once does not count. */
export const WARM_UP = 20_000

/** The tokens that count. */
export const TOKENS = 100_000

/** What is told when the tokens that count begin, and when they end. */
export interface Span {
  start(): void
  stop(): void
}

export async function* source(pace: Pace, span: Span): AsyncGenerator<string> {
  for (let i = 0; i < WARM_UP + TOKENS; i++) {
    if (i === WARM_UP) span.start()
    if (pace === 'paced') await turn()
    yield 'token'
  }
  span.stop()
}

/** Resolves in the next turn of the event loop. */
function turn(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve)
  })
}
