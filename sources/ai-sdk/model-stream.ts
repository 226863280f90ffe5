import type { ReadableStream, ReadableStreamDefaultReader } from 'node:stream/web'
import type { AnswerPart, Finish } from '../../routes/generate.js'

type Answer = AsyncGenerator<AnswerPart, Finish>

/** The stream of a model, and whether anybody still needs it. */
export class ModelStream {
  #reader: ReadableStreamDefaultReader<unknown> | undefined
  #isReleased = false
  readonly #signal: AbortSignal

  /** @param signal its reason is passed on to a stream that is released */
  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Reads the stream. It is cancelled when it is left, or at once if it was released before. */
  async *values(stream: ReadableStream<unknown>): AsyncGenerator<unknown, void> {
    const reader = stream.getReader()
    this.#reader = reader
    try {
      if (this.#isReleased) return
      for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
    } finally {
      await reader.cancel(this.#signal.reason)
    }
  }

  /**
   * Makes an answer whose `return()` cancels the stream at once. An async generator alone queues `return()` behind a
   * pending `next()`, and a model that hangs would never be released.
   */
  answerOf(parts: Answer): Answer {
    const leave = parts.return.bind(parts)
    parts.return = value => {
      this.#isReleased = true
      // Leaving the generator reports an error of the stream, too.
      this.#reader?.cancel(this.#signal.reason).catch(() => {})
      return leave(value)
    }
    return parts
  }
}
