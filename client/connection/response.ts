import { ConnectionError, errorFromBody, SseStreamError, textOf } from '../errors.js'
import { retryAfterOf } from './backoff.js'

/** Whether a server that responds with this status has not begun to do what was requested (RFC 9110, section 15). */
export function isRefusal(status: number | undefined): boolean {
  return [408, 429, 503].includes(status as number)
}

/** Makes an error of an error response. A ConnectionError if the request may be sent again. */
export function responseError({ status, headers }: Response, text: string, cause?: unknown): SseStreamError {
  const Kind = isRefusal(status) || status >= 500 ? ConnectionError : SseStreamError
  const retryAfter = retryAfterOf(headers)
  return errorFromBody(text, Kind, 'SSE_STATUS', `the server responded with ${status}`, {
    statusCode: status,
    retryAfter,
    cause
  })
}

/**
 * Opens the body of an event stream. Only a response with status 200 is one (WHATWG HTML, section 9.2.3).
 *
 * @throws SseStreamError for any other response
 */
export function openBody({ status, headers, body }: Response): ReadableStreamDefaultReader<Uint8Array> {
  const invalid = (message: string, cause?: unknown) =>
    new SseStreamError('SSE_RESPONSE_INVALID', message, { statusCode: status, cause })
  if (status !== 200) throw invalid(`expected status 200, got ${status}`)
  const type = headers.get('content-type') ?? 'none'
  if (!/^text\/event-stream\s*(;|$)/i.test(type)) throw invalid(`expected content type text/event-stream, got ${type}`)
  try {
    // Some implementations of fetch provide no body, or a Node stream.
    return (body as ReadableStream<Uint8Array>).getReader()
  } catch (cause) {
    throw invalid(`the body is not a readable web stream: ${textOf(cause)}`, cause)
  }
}
