import { STATUS_CODES } from 'node:http'
import { FST_SSE_SOURCE_FAILED, FST_SSE_STOPPED } from './errors.js'
import type { SseEvent } from './event.js'

/** The data of the `error` event that ends a stream which failed after it had begun. */
export interface ErrorData {
  /** The status that the response would have had, 400 to 599. */
  statusCode: number
  code: string
  /** What went wrong. Of a 5xx only its name: the rest is in the log. */
  message: string
}

/** Whatever was thrown, as an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new FST_SSE_SOURCE_FAILED({ cause: thrown })
}

/** What a stream fails with when the signal in its options is aborted. */
export function stopError(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  return reason instanceof Error && ownStatus(reason) !== undefined ? reason : new FST_SSE_STOPPED({ cause: reason })
}

/** The status that Fastify too would answer an error with: its `statusCode` or its `status`, otherwise 500. */
export function statusOf(error: Error): number {
  return ownStatus(error) ?? 500
}

export function errorEvent(error: Error): SseEvent<ErrorData> {
  const statusCode = statusOf(error)
  const { code } = error as { code?: unknown }
  return {
    event: 'error',
    data: {
      statusCode,
      code: typeof code === 'string' ? code : 'FST_SSE_SOURCE_FAILED',
      message: statusCode < 500 ? error.message : (STATUS_CODES[statusCode] ?? 'Server Error')
    }
  }
}

function ownStatus(reason: Error): number | undefined {
  const error = reason as { statusCode?: unknown; status?: unknown }
  return [error.statusCode, error.status].find((status): status is number => {
    return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599
  })
}
