import { now, sleep } from './clock.js'

/** The number of tokens in an answer that ends. */
export const ANSWER = 1000

/** The number of tokens that come at once in the scenario `burst`. */
export const BURST = 8

/** The number of events that a client reads before it reattaches. */
export const HELD = 100

/** Milliseconds between tokens in the scenarios `burst` and `paced`. */
export const PACE = 50

const WORDS = ' the| model| says|,| one| token| after| another|,| un|til| all| of| it| is| there|.| And| so| on'.split(
  '|'
)

/** The tokens of an answer. */
export const tokens: readonly string[] = Array.from({ length: ANSWER }, (_, i) => WORDS[i % WORDS.length] as string)

/** The same tokens as objects. */
export const objects = tokens.map((text, index) => ({ index, text, logprob: -1 / (index + 1), final: false }))

/** When each source was aborted, by the id of its stream. Microseconds, see `now`. */
export const aborts = new Map<string, number>()

/**
 * The sources that all servers on Node stream, by name.
 *
 * @param signal aborted when the client leaves, in whatever way the server's framework reports that
 */
export const sources = {
  /** 1000 tokens, all ready at once. */
  async *hot(): AsyncGenerator<string> {
    for (const token of tokens) yield token
  },

  /** One token, and the end. */
  async *one(): AsyncGenerator<string> {
    yield tokens[0] as string
  },

  /** Eight tokens at once, again and again. A token is the time at which it was made. */
  async *burst(signal: AbortSignal): AsyncGenerator<string> {
    while (!signal.aborted) {
      await sleep(PACE)
      for (let i = 0; i < BURST; i++) yield String(now())
    }
  },

  /** One token at a time, again and again. A token is the time at which it was made. */
  async *paced(signal: AbortSignal): AsyncGenerator<string> {
    while (!signal.aborted) {
      await sleep(PACE)
      yield String(now())
    }
  },

  /** The numbers from 0, one per second. */
  async *counted(signal: AbortSignal): AsyncGenerator<string> {
    for (let i = 0; !signal.aborted; i++) {
      yield String(i)
      await sleep(1000)
    }
  },

  /** The tokens that a client reads before it reattaches, all at once, and then nothing until the abort. */
  async *held(signal: AbortSignal): AsyncGenerator<string> {
    for (const token of tokens.slice(0, HELD)) yield token
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
  },

  /** One token, and then nothing until the client leaves. */
  async *silent(signal: AbortSignal, id = ''): AsyncGenerator<string> {
    yield '0'
    await new Promise<void>(resolve => {
      signal.addEventListener('abort', () => {
        if (id !== '') aborts.set(id, now())
        resolve()
      })
    })
  }
}

export type SourceName = keyof typeof sources

/** The source that a URL names, such as `/hot` or `/silent?id=7`. */
export function sourceOf(url: string, signal: AbortSignal): AsyncGenerator<string> {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const name = pathname.slice(1) as SourceName
  return sources[name](signal, searchParams.get('id') ?? '')
}
