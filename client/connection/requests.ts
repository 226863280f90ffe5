import type { RequestOptions } from '../options.js'
import { isRefusal } from './response.js'

/** Where a stream is to be continued. */
export interface Position {
  readonly id: string | undefined
  readonly lastEventId: string | undefined
}

/** The requests of one stream. */
export interface Requests {
  /** Where the last request was sent, without the query. */
  readonly address: string
  /** Requests the stream: a new one, or what follows a position. */
  ask(position: Position, signal: AbortSignal): Promise<Response>
  /** Asks the server to stop the stream. The request outlives the page. */
  stop(id: string): Promise<Response>
  /**
   * Whether the stream may be requested again: only if no event would be given out twice, and no second answer be paid
   * for.
   *
   * @param hasEvents whether events were given out
   * @param statusCode the status of the failed response, if there was one
   */
  canRepeat(position: Position, hasEvents: boolean, statusCode: number | undefined): boolean
}

/** Idempotent methods (RFC 9110, section 9.2.2). */
const IDEMPOTENT = /^(GET|HEAD|PUT|DELETE)$/i

/**
 * Encodes an id for the `Last-Event-ID` header: as UTF-8, one character for each byte (WHATWG HTML, section 9.2.4).
 *
 * @returns `undefined` if there is no id, or if it has control characters, which no header can carry
 */
export function toHeader(id = ''): string | undefined {
  const bytes = Array.from(new TextEncoder().encode(id), byte => String.fromCharCode(byte)).join('')
  return /^[\t\x20-\x7e\x80-\xff]+$/.test(bytes) ? bytes : undefined
}

/** @throws TypeError for a body that JSON cannot carry, or a `lastEventId` that no header can carry */
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
    requests.address = addressOf(url)
    return send(url, { credentials, ...cache, ...init })
  }

  /** The URL may be relative, so it is not parsed. */
  const urlOf = async (id: string) =>
    String(
      (await streamUrl?.(id)) ??
        url.replace(/\/?(\?[^#]*)?(#.*)?$/, (_, query = '') => `/${encodeURIComponent(id)}${query}`)
    )

  const requests: { -readonly [Name in keyof Requests]: Requests[Name] } = {
    address: addressOf(url),
    async ask({ id, lastEventId }, signal) {
      const position = toHeader(lastEventId)
      const headers = await makeHeaders(position)
      if (id !== undefined && (resume !== undefined || !position)) return send(await urlOf(id), { headers, signal })
      isRepeatable ||= headers.has('idempotency-key')
      if (body && !headers.has('content-type')) headers.set('content-type', 'application/json')
      return send(url, { method, headers, body, signal })
    },
    async stop(id) {
      return send(await urlOf(id), { method: 'DELETE', headers: await makeHeaders(), keepalive: true })
    },
    canRepeat({ id, lastEventId }, hasEvents, statusCode) {
      if (toHeader(lastEventId)) return true
      return !hasEvents && (id !== undefined || isRefusal(statusCode) || isRepeatable)
    }
  }
  return requests
}

function addressOf(url: string): string {
  return url.replace(/[?#].*/s, '')
}
