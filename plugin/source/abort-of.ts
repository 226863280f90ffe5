import { FST_SSE_EVENT_TOO_LARGE, FST_SSE_LOG_FULL } from '../errors.js'
import { StreamAbort } from './stream-abort.js'

/** Why an error ends the source of a stream: it has exceeded a limit, or has failed. @param error the `cause` */
export function abortOf(error: unknown): StreamAbort {
  const isLimit = error instanceof FST_SSE_EVENT_TOO_LARGE || error instanceof FST_SSE_LOG_FULL
  return new StreamAbort(isLimit ? 'limit' : 'failed', { cause: error })
}
