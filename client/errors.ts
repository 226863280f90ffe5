/** What is known of a failure. */
export interface Failure {
  statusCode?: number | undefined
  code: string
  message: string
  retryAfter?: number | undefined
  data?: unknown
  cause?: unknown
}

/** Why a stream has failed: what the server says of it, or what kept the client from reading all of it. */
export class SseStreamError extends Error {
  override readonly name = 'SseStreamError'
  /** The status of the response, or that of the `error` event; `undefined` where the server has given none. */
  readonly statusCode: number | undefined
  /**
   * The server's code, such as `FST_SSE_STREAM_GONE`, or one of the client's:
   *
   * - `SSE_UNREACHABLE`: there was no response
   * - `SSE_TRUNCATED`: the response ended, broke off or fell silent before the stream was complete
   * - `SSE_STATUS`: an error response that names no code
   * - `SSE_FAILED`: an `error` event that names no code
   * - `SSE_RESPONSE_INVALID`: the response is none of events
   * - `SSE_EVENT_INVALID`: an event is not JSON where it should be, or does not pass `validate`
   * - `SSE_EVENT_TOO_LARGE`: an event is larger than `maxEventSize`
   */
  readonly code: string
  /** How long the server asks to wait before the next request (`Retry-After`). Milliseconds. */
  readonly retryAfter: number | undefined
  /** All of what the server says: the data of the `error` event, or the body of the error response. */
  readonly data: unknown

  constructor({ statusCode, code, message, retryAfter, data, cause }: Failure) {
    super(message, { cause })
    this.statusCode = statusCode
    this.code = code
    this.retryAfter = retryAfter
    this.data = data
  }
}

/**
 * What the server says of a failure, where it says it as Fastify does.
 *
 * @param text the data of the `error` event, or the body of the error response
 */
export function said(text: string, otherwise: Failure): SseStreamError {
  const data = toJson(text)
  const { statusCode, code, message } = Object(data) as Record<string, unknown>
  return new SseStreamError({
    ...otherwise,
    statusCode: otherwise.statusCode ?? (typeof statusCode === 'number' ? statusCode : undefined),
    code: typeof code === 'string' ? code : otherwise.code,
    message: typeof message === 'string' ? message : otherwise.message,
    data
  })
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
