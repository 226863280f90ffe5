import { retryAfterOf } from './backoff.js'
import { ConnectionError, errorFromBody, SseStreamError } from './errors.js'

/** Whether a server that answers so has done nothing of what it was asked for (RFC 9110, section 15). */
export function isRefusal(status: number | undefined): boolean {
  return [408, 429, 503].includes(status as number)
}

/** What the server says in an error response. */
export function responseError({ status, headers }: Response, text: string, cause: unknown): SseStreamError {
  const Kind = isRefusal(status) || status >= 500 ? ConnectionError : SseStreamError
  const retryAfter = retryAfterOf(headers)
  return errorFromBody(text, Kind, 'SSE_STATUS', `the server answered ${status}`, {
    statusCode: status,
    retryAfter,
    cause
  })
}

/** The body of a response of events. Throws an SseStreamError for any other. */
export function bodyOf({ status, headers, body }: Response): ReadableStream<Uint8Array> {
  const type = body ? headers.get('content-type') : 'without a body'
  if (body && /^text\/event-stream\s*(;|$)/i.test(String(type))) return body
  const message = `the response has to be text/event-stream, but it is ${type}`
  throw new SseStreamError('SSE_RESPONSE_INVALID', message, { statusCode: status })
}
