import { STATUS_CODES } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { FST_SSE_SOURCE_FAILED, FST_SSE_STOPPED } from '../errors.js'
import type { SseEvent } from '../sse/event.js'
import { fitText } from '../util/errors/error-for-log.js'
import { tameError } from '../util/errors/tame-error.js'
import { give, isError, read } from '../util/errors/thrown.js'
import { logError } from '../util/log.js'
import type { StreamLine } from './stream-line.js'

/** The data of the `error` event: the last event of a stream that failed after it had begun (E2). */
export interface ErrorData {
  /** The status that an error response would have had, 400 to 599. */
  statusCode: number
  /** The `code` of the error, such as `FST_SSE_SOURCE_FAILED`, which is also the default. */
  code: string
  /** The message of the error. For a 5xx it is only the name of the status: the message itself is in the log. */
  message: string
}

/**
 * Makes an Error of anything that was thrown, once for all who use it: Fastify, error handlers, logs and clients. They
 * may rely on what an Error is, and find the status of an SDK's error in its `statusCode`.
 *
 * @returns the error itself; a copy, if it is a proxy, frozen, of another realm, or has what no Error should have; or
 *   FST_SSE_SOURCE_FAILED with the value as its `cause`, if it is not an Error
 */
export function toError(thrown: unknown): Error {
  const error = tameError(isError(thrown) ? thrown : new FST_SSE_SOURCE_FAILED({ cause: thrown }))
  if (!isErrorStatus(read(error, 'statusCode'))) {
    const statusCode = [ownStatus(error), foreignStatus(error)].find(isErrorStatus)
    if (statusCode !== undefined) give(error, 'statusCode', statusCode)
  }
  // Where a provider gives none, SDKs have null, which Fastify would send as an empty code.
  if (read(error, 'code') === null) give(error, 'code', undefined)
  if (isError(thrown) && typeof read(thrown, 'message') !== 'string') {
    give(error, 'message', statusName(statusOf(error)))
  }
  return error
}

/**
 * The error of a stream whose `signal` option is aborted: the reason of the signal if that is an Error with a status,
 * otherwise FST_SSE_STOPPED.
 */
export function stopError(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  if (isError(reason) && ownStatus(reason) !== undefined) return toError(reason)
  return tameError(new FST_SSE_STOPPED({ cause: reason }))
}

/** The status that Fastify would answer an error with: its `statusCode` or its `status`, otherwise 500. */
export function statusOf(error: unknown): number {
  return ownStatus(error) ?? 500
}

/** Logs a stream that failed after it had begun. It is one line for each stream (E2). */
export function logFailure(log: FastifyBaseLogger, error: Error, line?: StreamLine): void {
  logError(log, statusOf(error) < 500 ? 'info' : 'error', error, 'stream failed', line)
}

/** The longest code that a client is shown. Characters. */
const MAX_CODE = 200

/** The plugin's `error` event (E2). It shows the message of a 4xx without keys, and hides that of a 5xx. */
export function errorEvent(error: Error): SseEvent<ErrorData> & { data: ErrorData } {
  const statusCode = statusOf(error)
  const code = read(error, 'code')
  const message = read(error, 'message')
  return {
    event: 'error',
    data: {
      statusCode,
      code: typeof code === 'string' && code.length <= MAX_CODE ? code : 'FST_SSE_SOURCE_FAILED',
      message: statusCode < 500 && typeof message === 'string' ? fitText(message) : statusName(statusCode)
    }
  }
}

/** What stands in for the message of a 5xx. */
export function statusName(statusCode: number): string {
  return STATUS_CODES[statusCode] ?? (statusCode < 500 ? 'Client Error' : 'Server Error')
}

/** The status that an error has where Fastify looks for it; `undefined` for none of 400 to 599. */
export function ownStatus(error: unknown): number | undefined {
  return [read(error, 'statusCode'), read(error, 'status')].find(isErrorStatus)
}

/**
 * The status of an SDK's error, from a place where Fastify does not look: `status_code` (`ollama`), or the status of
 * `lastError` (the AI SDK after its last attempt).
 */
function foreignStatus(error: Error): number | undefined {
  return [read(error, 'status_code'), ownStatus(read(error, 'lastError'))].find(isErrorStatus)
}

function isErrorStatus(status: unknown): status is number {
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599
}
