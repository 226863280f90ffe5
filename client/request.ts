import type { RequestOptions } from './types.js'

type Options = Omit<RequestOptions<never>, 'onOpen' | 'end'>

/** Methods that may be repeated without harm (RFC 9110, section 9.2.2). */
const IDEMPOTENT = /^(GET|HEAD|PUT|DELETE|OPTIONS|TRACE)$/i

/** As EventSource has it. Not every `fetch` has a cache. */
const NO_STORE = { cache: 'no-store' } as const

/** Makes the requests of one stream. */
export class Requests {
  readonly #url: string
  readonly #options: Options
  readonly #body: string | undefined
  readonly #method: string
  /** Whether the request that begins the stream says itself that to repeat it does not ask for another. */
  #isKeyed = false

  /** Throws a TypeError for a body that JSON cannot carry. */
  constructor(url: string | URL, options: Options) {
    this.#url = String(url)
    this.#options = options
    this.#body = options.body === undefined ? undefined : JSON.stringify(options.body)
    this.#method = options.method ?? (this.#body === undefined ? 'GET' : 'POST')
  }

  /**
   * Whether the request that begins the stream can be sent again without a second answer that somebody pays for: its method
   * says so, or an `Idempotency-Key` that it carries.
   */
  get isRepeatable(): boolean {
    return this.#isKeyed || IDEMPOTENT.test(this.#method)
  }

  /** Asks for a stream. @param lastEventId of the stream to go on with */
  async begin(lastEventId: string | undefined, signal: AbortSignal): Promise<Response> {
    const headers = await this.#headers(lastEventId)
    this.#isKeyed = headers.has('idempotency-key')
    if (this.#body !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json')
    return this.#send(this.#url, { method: this.#method, headers, body: this.#body ?? null, signal })
  }

  /** Asks for the stream of an id. */
  async follow(id: string, lastEventId: string | undefined, signal: AbortSignal): Promise<Response> {
    return this.#send(this.#urlOf(id), { method: 'GET', headers: await this.#headers(lastEventId), signal })
  }

  /** Stops the stream of an id, also where the page is about to go. */
  async stop(id: string): Promise<Response> {
    return this.#send(this.#urlOf(id), { method: 'DELETE', headers: await this.#headers(undefined), keepalive: true })
  }

  #send(url: string, init: RequestInit): Promise<Response> {
    const { fetch: send = fetch, credentials } = this.#options
    return send(url, { ...init, ...NO_STORE, ...(credentials && { credentials }) })
  }

  #urlOf(id: string): string {
    const { streamUrl } = this.#options
    if (streamUrl !== undefined) return String(streamUrl(id))
    // The URL may be relative to a page that this file knows nothing of.
    const [, path, query] = /^([^?#]*)(\?[^#]*)?/.exec(this.#url) as unknown as [string, string, string | undefined]
    return `${path.replace(/\/$/, '')}/${encodeURIComponent(id)}${query ?? ''}`
  }

  async #headers(lastEventId: string | undefined): Promise<Headers> {
    const { headers: given } = this.#options
    const headers = new Headers(typeof given === 'function' ? await given() : given)
    if (!headers.has('accept')) headers.set('accept', 'text/event-stream')
    if (lastEventId) headers.set('last-event-id', toBytes(lastEventId))
    return headers
  }
}

/** A header takes bytes, one a character. An id is sent as UTF-8 (WHATWG HTML, section 9.2.4). */
function toBytes(id: string): string {
  return String.fromCharCode(...new TextEncoder().encode(id))
}
