import {
  FST_SSE_CONNECTION_BUSY,
  FST_SSE_DURATION_EXCEEDED,
  FST_SSE_EVENT_TOO_LARGE,
  FST_SSE_FIRST_EVENT_TIMEOUT,
  FST_SSE_IDLE_TIMEOUT,
  FST_SSE_LOG_FULL,
  FST_SSE_OWNER_BUSY,
  FST_SSE_RESPONSE_TOO_LARGE,
  FST_SSE_SERVER_BUSY
} from '../errors.js'
import { StreamAbort } from './stream-abort.js'

const LIMITS = [
  FST_SSE_CONNECTION_BUSY,
  FST_SSE_EVENT_TOO_LARGE,
  FST_SSE_LOG_FULL,
  FST_SSE_OWNER_BUSY,
  FST_SSE_RESPONSE_TOO_LARGE,
  FST_SSE_SERVER_BUSY
]

const TIMEOUTS = [
  [FST_SSE_FIRST_EVENT_TIMEOUT, 'firstEvent'],
  [FST_SSE_IDLE_TIMEOUT, 'idle'],
  [FST_SSE_DURATION_EXCEEDED, 'duration']
] as const

/**
 * Why an error ends the source of a stream: a deadline has passed, it has exceeded a limit, or has failed.
 *
 * @param error the `cause`: what `toError` gives, or nothing
 */
export function abortOf(error: Error | undefined): StreamAbort {
  const timeout = TIMEOUTS.find(([Timeout]) => error instanceof Timeout)?.[1]
  if (timeout !== undefined) return new StreamAbort('timeout', { timeout, cause: error })
  const isLimit = LIMITS.some(Limit => error instanceof Limit)
  return new StreamAbort(isLimit ? 'limit' : 'failed', { cause: error })
}
