import { STATUS_CODES } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { FST_SSE_SOURCE_FAILED, FST_SSE_STOPPED } from '../errors.js'
import type { SseEvent } from '../sse/event.js'
import { logError } from '../util/log.js'

/** The data of the `error` event that ends a stream which failed after it had begun. */
export interface ErrorData {
  /** The status that the response would have had, 400 to 599. */
  statusCode: number
  code: string
  /** What went wrong. Of a 5xx only its name: the rest is in the log. */
  message: string
}

/** Whatever was thrown, as an Error, with the status that it has in a way of its own where Fastify looks for it. */
export function toError(thrown: unknown): Error {
  if (!isError(thrown)) return new FST_SSE_SOURCE_FAILED({ cause: thrown })
  if (ownStatus(thrown) === undefined) {
    const value = foreignStatus(thrown)
    if (value !== undefined) give(thrown, value)
  }
  return thrown
}

/** What a stream fails with when the signal in its options is aborted. */
export function stopError(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  return isError(reason) && ownStatus(reason) !== undefined ? reason : new FST_SSE_STOPPED({ cause: reason })
}

/** The status that Fastify too would answer an error with: its `statusCode` or its `status`, otherwise 500. */
export function statusOf(error: Error): number {
  return ownStatus(error) ?? 500
}

/** The one line that the log has for a stream that failed after it had begun. */
export function logFailure(log: FastifyBaseLogger, error: Error): void {
  logError(log, statusOf(error) < 500 ? 'info' : 'error', error, 'stream failed')
}

export function errorEvent(error: Error): SseEvent<ErrorData> & { data: ErrorData } {
  const statusCode = statusOf(error)
  const code = read(error, 'code')
  const message = read(error, 'message')
  return {
    event: 'error',
    data: {
      statusCode,
      code: typeof code === 'string' ? code : 'FST_SSE_SOURCE_FAILED',
      message: statusCode < 500 && typeof message === 'string' ? message : (STATUS_CODES[statusCode] ?? 'Server Error')
    }
  }
}

function ownStatus(error: unknown): number | undefined {
  return [read(error, 'statusCode'), read(error, 'status')].find(isErrorStatus)
}

/** Where SDKs have the status that Fastify does not look for: `ollama`, and what the AI SDK throws after its last attempt. */
function foreignStatus(error: Error): number | undefined {
  return [read(error, 'status_code'), ownStatus(read(error, 'lastError'))].find(isErrorStatus)
}

function isErrorStatus(status: unknown): status is number {
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599
}

/** An error that takes no properties goes without. */
function give(error: Error, statusCode: number): void {
  try {
    Reflect.defineProperty(error, 'statusCode', { value: statusCode, configurable: true, writable: true })
  } catch {}
}

/** What is thrown may be anything, and its getters may throw. */
function read(error: unknown, key: string): unknown {
  try {
    return (error as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error
  } catch {
    return false
  }
}
