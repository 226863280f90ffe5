import { anthropicError, makeErrorHandler } from '../../plugin/toolkit.js'
import { FST_SSE_NO_THREADS } from '../errors.js'

/** By these details, Anthropic's SDK knows that it has to send the whole conversation, and does so. */
const UNTHREADED = { details: { error_code: 'thread_unsupported_request', unsupported: ['thread'] } }

/** Answers with an error as Anthropic's API does. */
export const anthropicErrorHandler = makeErrorHandler((data, error) => ({
  type: 'error',
  error: { ...anthropicError(data), ...(error instanceof FST_SSE_NO_THREADS && UNTHREADED) }
}))
