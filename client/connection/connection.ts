import { ConnectionError, textOf, unreachable } from '../errors.js'
import { checked } from '../events/decode.js'
import { type Block, makeParser } from '../events/parser.js'
import { openBody, responseError } from './response.js'
import { withTimeout } from './with-timeout.js'

/** How long the response may stay open after the last event. Milliseconds. */
const END_TIMEOUT = 100

/** One request and its response. */
export class Connection {
  /** The head of the response. It may still arrive after the reading has ended. */
  readonly head: Promise<Response>
  readonly #request = new AbortController()
  readonly #address: () => string
  readonly #idleTimeout: number | false
  readonly #signal: AbortSignal
  #body!: ReadableStreamDefaultReader<Uint8Array>

  /**
   * @param send sends the request, and aborts it when its signal is aborted
   * @param address where it is sent, for errors
   * @param idleTimeout how long the server may stay silent. Milliseconds; `false` for any time.
   * @param signal ends the reading, but not the request
   */
  constructor(
    send: (signal: AbortSignal) => Promise<Response>,
    address: () => string,
    idleTimeout: number | false,
    signal: AbortSignal
  ) {
    this.#address = address
    this.#idleTimeout = idleTimeout
    this.#signal = signal
    this.head = send(this.#request.signal)
  }

  /**
   * Waits for the head of the response.
   *
   * @param cause why the request had to be repeated: the `cause` of an error response
   * @returns the response if events follow; `undefined` if the client already has all of them
   */
  async open(cause: unknown): Promise<Response | undefined> {
    const response = await this.#wait(this.head, error => unreachable(error, this.#address()))
    if (response.status === 204) return
    if (!response.ok) {
      const text = await withTimeout(textIn(response), this.#idleTimeout, this.#signal).catch(() => {
        this.#signal.throwIfAborted()
        return ''
      })
      throw responseError(response, text, cause)
    }
    this.#body = openBody(response)
    return response
  }

  /** Reads the body of the response, one chunk for each pull. */
  async *blocks(): AsyncGenerator<Block[], void> {
    const parse = makeParser()
    for (;;) {
      const { value } = await this.#wait(this.#body.read(), lost)
      if (!value) return
      yield checked(() => parse(value))
    }
  }

  /** Ends the connection after the last event. If the response ends with that event, the socket can be used again. */
  async finish(): Promise<void> {
    await withTimeout(this.#body.read(), END_TIMEOUT, this.#signal).catch(() => {})
    this.abort()
  }

  abort(): void {
    this.#request.abort()
    // Some implementations of fetch ignore the signal.
    this.head.then(({ body }) => (this.#body ?? body)?.cancel()).catch(() => {})
  }

  async #wait<T>(work: Promise<T>, makeError: (cause: unknown) => ConnectionError): Promise<T> {
    try {
      return await withTimeout(work, this.#idleTimeout, this.#signal)
    } catch (cause) {
      this.#signal.throwIfAborted()
      throw makeError(cause)
    }
  }
}

/** The body of an error response. A `fetch` of the caller's may lack it. */
async function textIn(response: Response): Promise<string> {
  return response.text()
}

function lost(cause: unknown): ConnectionError {
  return new ConnectionError('SSE_TRUNCATED', `the connection was lost: ${textOf(cause)}`, { cause })
}
