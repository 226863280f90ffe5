/** What else is known of a failure. */
export interface Details {
  statusCode?: number | undefined
  retryAfter?: number | undefined
  data?: unknown
  cause?: unknown
}

/** Why a stream has failed: what the server says of it, or what kept the client from reading all of it. */
export class SseStreamError extends Error {
  override readonly name = 'SseStreamError'
  /** The status of the response, or that of the `error` event; `undefined` where the server has given none. */
  declare readonly statusCode: number | undefined
  /**
   * The server's code, such as `FST_SSE_STREAM_GONE`, or one of the client's:
   *
   * - `SSE_UNREACHABLE`: there was no response
   * - `SSE_TRUNCATED`: the response ended, broke off or fell silent before the stream was complete
   * - `SSE_STATUS`: an error response that names no code
   * - `SSE_FAILED`: an `error` event that names no code
   * - `SSE_RESPONSE_INVALID`: the response is none of events
   * - `SSE_EVENT_INVALID`: an event is not JSON where it should be, is too large, or does not pass `validate`
   */
  declare readonly code: string
  /** How long the server asks to wait before the next request (`Retry-After`). Milliseconds. */
  declare readonly retryAfter: number | undefined
  /** All of what the server says: the data of the `error` event, or the body of the error response. */
  declare readonly data: unknown

  constructor(code: string, message: string, { cause, ...details }: Details = {}) {
    super(message, { cause })
    Object.assign(this, { code, ...details })
  }
}

/** A connection has failed, and may be tried again. */
export class ConnectionError extends SseStreamError {}

/**
 * What the server says of a failure, where it says it as Fastify does.
 *
 * @param text the data of the `error` event, or the body of the error response
 * @param code where it says none, as `message`
 */
export function errorFromBody(
  text: string,
  Kind: typeof SseStreamError,
  code: string,
  message: string,
  details?: Details
): SseStreamError {
  let data: unknown = text
  try {
    data = JSON.parse(text)
  } catch {
    // It is text.
  }
  const known = { code, message, ...Object(data) }
  return new Kind(String(known.code), String(known.message), {
    statusCode: Number(known.statusCode) || undefined,
    ...details,
    data
  })
}
