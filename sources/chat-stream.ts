import type { ReadableStream, ReadableStreamDefaultReader } from 'node:stream/web'
import { createParser } from 'eventsource-parser'

/** What says that all has been said. */
const MARK = '[DONE]'

/** How long the end of the body may come after the mark. Milliseconds. */
const LINGER = 200

/** The events of a body in the wire format of OpenAI's chat completions. */
export class ChatStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new TextDecoder()
  readonly #parser = createParser({ onEvent: ({ data }) => this.#take(data) })
  #events: string[] = []
  #isComplete = false

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader()
  }

  /** The data of the events that have arrived together, which may be none, or `undefined` when there are no more. */
  async read(): Promise<string[] | undefined> {
    if (this.#isComplete) return this.#drain()
    const { value } = await this.#reader.read()
    if (value === undefined) return undefined
    const events: string[] = []
    this.#events = events
    this.#parser.feed(this.#decoder.decode(value, { stream: true }))
    return events
  }

  #take(data: string): void {
    if (data.startsWith(MARK)) this.#isComplete = true
    else if (!this.#isComplete) this.#events.push(data)
  }

  /** Only a connection whose response was read to its end serves the next request too. That is not worth an error. */
  async #drain(): Promise<undefined> {
    const cancel = () => this.#reader.cancel().catch(() => {})
    const timer = setTimeout(cancel, LINGER)
    try {
      while (!(await this.#reader.read()).done);
    } catch {
    } finally {
      clearTimeout(timer)
    }
  }
}
