import { isRefusal } from './response.js'
import type { RequestOptions } from './types.js'

/** What names a stream, and how much of it is there. */
export interface Position {
  id: string | undefined
  lastEventId: string | undefined
}

/** The requests of one stream. */
export interface Requests {
  /** Sends the one that is right for what is known of the stream. */
  ask(position: Readonly<Position>, signal: AbortSignal): Promise<Response>
  /** Asks the server to stop the stream, also where the page is about to go. */
  stop(id: string): Promise<Response>
  /**
   * Whether another request may follow one that has failed: only if no event comes twice, and nobody pays for a second answer.
   *
   * @param hasEvents whether events were given out
   * @param statusCode of the response, if there was one
   */
  canRepeat(position: Readonly<Position>, hasEvents: boolean, statusCode: number | undefined): boolean
}

/** Methods that may be repeated without harm (RFC 9110, section 9.2.2). */
const IDEMPOTENT = /^(GET|HEAD|PUT|DELETE)$/i

/**
 * An id as the `Last-Event-ID` header carries it: UTF-8, one character for each byte (WHATWG HTML, section 9.2.4).
 *
 * @returns `undefined` for no id, and for one with control characters, which no header can carry
 */
export function toHeader(id = ''): string | undefined {
  const bytes = Array.from(new TextEncoder().encode(id), byte => String.fromCharCode(byte)).join('')
  return /^[\t\x20-\x7e\x80-\xff]+$/.test(bytes) ? bytes : undefined
}

/** @throws TypeError for a body that JSON cannot carry, or a `lastEventId` that a header cannot carry */
export function makeRequests(url: string, options: Omit<RequestOptions<never>, 'onOpen'>): Requests {
  const body: string | undefined = JSON.stringify(options.body)
  const { method = body ? 'POST' : 'GET', resume, lastEventId, streamUrl, credentials } = options
  if (lastEventId && !toHeader(lastEventId)) throw new TypeError('a header cannot carry this lastEventId')
  let isRepeatable = IDEMPOTENT.test(method)

  const makeHeaders = async (position?: string) => {
    const { headers: given } = options
    const headers = new Headers(typeof given === 'function' ? await given() : given)
    if (!headers.has('accept')) headers.set('accept', 'text/event-stream')
    if (position) headers.set('last-event-id', position)
    return headers
  }

  const send = (url: string, init: RequestInit) => {
    const { fetch: send = fetch } = options
    // As EventSource does. Runtimes without an HTTP cache may refuse the option.
    const cache = globalThis.Request && 'cache' in Request.prototype && ({ cache: 'no-store' } as const)
    return send(url, { credentials, ...cache, ...init })
  }

  /** The URL may be relative to a page that this file knows nothing of. */
  const urlOf = (id: string) =>
    String(
      streamUrl?.(id) ?? url.replace(/\/?(\?[^#]*)?(#.*)?$/, (_, query = '') => `/${encodeURIComponent(id)}${query}`)
    )

  return {
    async ask({ id, lastEventId }, signal) {
      const position = toHeader(lastEventId)
      const headers = await makeHeaders(position)
      if (id !== undefined && (resume !== undefined || !position)) return send(urlOf(id), { headers, signal })
      isRepeatable ||= headers.has('idempotency-key')
      if (body && !headers.has('content-type')) headers.set('content-type', 'application/json')
      return send(url, { method, headers, body, signal })
    },
    async stop(id) {
      return send(urlOf(id), { method: 'DELETE', headers: await makeHeaders(), keepalive: true })
    },
    canRepeat({ id, lastEventId }, hasEvents, statusCode) {
      if (toHeader(lastEventId)) return true
      return !hasEvents && (id !== undefined || isRefusal(statusCode) || isRepeatable)
    }
  }
}
