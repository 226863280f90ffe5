import { createParser, type EventSourceMessage } from 'eventsource-parser'

/** Reads one response as server-sent events (WHATWG HTML, section 9.2.6), whatever the chunks it comes in. */
export class Parser {
  /** The `retry:` that has come last. Milliseconds. */
  retry: number | undefined
  /** Whether an event is larger than it may be. Nothing more is read then. */
  isOverfull = false
  #messages: EventSourceMessage[] = []
  #endsInCr = false
  readonly #utf8 = new TextDecoder()
  readonly #parser

  /** @param maxEventSize UTF-16 code units */
  constructor(maxEventSize: number) {
    this.#parser = createParser({
      maxBufferSize: maxEventSize,
      onEvent: message => this.#messages.push(message),
      onRetry: ms => {
        this.retry = ms
      },
      onError: ({ type }) => {
        this.isOverfull ||= type === 'max-buffer-size-exceeded'
      }
    })
  }

  /** @returns the events that are complete with this chunk */
  read(chunk: Uint8Array): EventSourceMessage[] {
    const text = this.#utf8.decode(chunk, { stream: true })
    this.#parser.feed(this.#toLf(text))
    const messages = this.#messages
    this.#messages = []
    return messages
  }

  /** A CR ends a line at once. The parser would wait for what comes after it, which may be an LF of the same line end. */
  #toLf(text: string): string {
    if (text === '') return text
    const rest = this.#endsInCr && text.startsWith('\n') ? text.slice(1) : text
    this.#endsInCr = text.endsWith('\r')
    return rest.replace(/\r\n?/g, '\n')
  }
}
