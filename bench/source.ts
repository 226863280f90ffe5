import { now, sleep } from './clock.js'

/** How many tokens an answer of the works has that end. */
export const ANSWER = 1000

/** How many tokens a chunk of the upstream brings in the work `burst`. */
export const BURST = 8

/** How many tokens a client has had that reattaches. */
export const HELD = 100

/** Milliseconds between the tokens of the works `burst` and `paced`. */
export const PACE = 50

const WORDS = ' the| model| says|,| one| token| after| another|,| un|til| all| of| it| is| there|.| And| so| on'.split(
  '|'
)

/** The tokens of an answer. */
export const tokens: readonly string[] = Array.from({ length: ANSWER }, (_, i) => WORDS[i % WORDS.length] as string)

/** The same as objects. */
export const objects = tokens.map((text, index) => ({ index, text, logprob: -1 / (index + 1), final: false }))

/** Aborted sources, by the id of their stream: when each was told. Microseconds, see `now`. */
export const aborts = new Map<string, number>()

/**
 * The sources, by the name of what they stream. All servers that run on Node stream these.
 *
 * @param signal aborted when the client has left, by whatever means the server's framework has for that
 */
export const sources = {
  /** 1000 tokens, always ready. */
  async *hot(): AsyncGenerator<string> {
    for (const token of tokens) yield token
  },

  /** Eight tokens at once, again and again. Each is the time at which it was made. */
  async *burst(signal: AbortSignal): AsyncGenerator<string> {
    while (!signal.aborted) {
      await sleep(PACE)
      for (let i = 0; i < BURST; i++) yield String(now())
    }
  },

  /** A token, again and again. Each is the time at which it was made. */
  async *paced(signal: AbortSignal): AsyncGenerator<string> {
    while (!signal.aborted) {
      await sleep(PACE)
      yield String(now())
    }
  },

  /** The numbers from 0, one a second. */
  async *counted(signal: AbortSignal): AsyncGenerator<string> {
    for (let i = 0; !signal.aborted; i++) {
      yield String(i)
      await sleep(1000)
    }
  },

  /** As many tokens at once as a client has that loses its connection, and then nothing until it is aborted. */
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

/** The source that a request asks for: `/hot`, or `/silent?id=7`. */
export function sourceOf(url: string, signal: AbortSignal): AsyncGenerator<string> {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const name = pathname.slice(1) as SourceName
  return sources[name](signal, searchParams.get('id') ?? '')
}
