/** What is known of a failure besides its code and message. */
export interface ErrorDetails {
  statusCode?: number | undefined
  /** Milliseconds. */
  retryAfter?: number | undefined
  data?: unknown
  cause?: unknown
}

/**
 * Why a stream failed: what the server says, or what kept the client from reading the whole stream.
 *
 * ```ts
 * try {
 *   for await (const event of stream) show(event)
 * } catch (error) {
 *   if (error instanceof SseStreamError && error.statusCode === 429) tryLater(error.retryAfter)
 *   else throw error
 * }
 * ```
 */
export class SseStreamError extends Error {
  override readonly name = 'SseStreamError'
  /** The status of the response, or the `statusCode` of the `error` event. `undefined` if the server sent none. */
  declare readonly statusCode: number | undefined
  /**
   * The server's code, such as `FST_SSE_STREAM_GONE`, or one of the client's:
   *
   * - `SSE_UNREACHABLE`: there was no response. The message has the address, and the code of the cause if it has one
   * - `SSE_TRUNCATED`: the response ended, broke off or fell silent before the stream was complete
   * - `SSE_STATUS`: an error response without a code
   * - `SSE_FAILED`: an `error` event without a code
   * - `SSE_RESPONSE_INVALID`: the response is not an event stream, or repeats events instead of resuming
   * - `SSE_ID_UNKNOWN`: `stop()` does not know the id of the stream
   * - `SSE_EVENT_INVALID`: an event is not the JSON it should be, is too long, or does not pass `validate`
   */
  declare readonly code: string
  /** How long the server asks the client to wait (`Retry-After`). Milliseconds. `undefined` if it does not ask. */
  declare readonly retryAfter: number | undefined
  /** What the server sent, parsed if it is JSON: the data of the `error` event, or the body of the error response. */
  declare readonly data: unknown

  constructor(code: string, message: string, { cause, ...details }: ErrorDetails = {}) {
    super(message, { cause })
    Object.assign(this, { code, ...details })
  }
}

/** A failed connection that may be tried again. */
export class ConnectionError extends SseStreamError {}

/**
 * The error of a request that had no response.
 *
 * @param address without the query, which may be a secret
 */
export function unreachable(cause: unknown, address: string): ConnectionError {
  const details = [causeCode(cause), address].filter(Boolean).join(', ')
  return new ConnectionError('SSE_UNREACHABLE', `no response: ${textOf(cause)} (${details})`, { cause })
}

/** The code of what went wrong in the network. A `fetch` of the caller's can throw anything. */
function causeCode(cause: unknown): string | undefined {
  try {
    const { code, cause: inner } = Object(cause)
    return codeOf(Object(inner).code ?? code)
  } catch {
    return undefined
  }
}

/**
 * Makes an error of what the server sent, if that has the form of Fastify's errors.
 *
 * @param text the data of the `error` event, or the body of the error response
 * @param code used if the server sent none that is a text or a number, as is `message` if it sent none that is a text
 */
export function errorFromBody(
  text: string,
  Kind: typeof SseStreamError,
  code: string,
  message: string,
  details?: ErrorDetails
): SseStreamError {
  let data: unknown = text
  try {
    data = JSON.parse(text)
  } catch {
    // The text is not JSON, and is the data as it is.
  }
  const said: Record<string, unknown> = Object(data)
  return new Kind(codeOf(said.code) ?? code, typeof said.message === 'string' ? said.message : message, {
    statusCode: statusOf(said.statusCode),
    ...details,
    data
  })
}

/** What a callback or a stream has thrown, as text. It can be anything, also an object that cannot become text. */
export function textOf(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return 'an error without a text'
  }
}

function codeOf(code: unknown): string | undefined {
  return (typeof code === 'string' && code !== '') || typeof code === 'number' ? String(code) : undefined
}

function statusOf(status: unknown): number | undefined {
  if (typeof status !== 'number' && typeof status !== 'string') return undefined
  const number = Number(status)
  return Number.isInteger(number) && number >= 100 && number <= 599 ? number : undefined
}
