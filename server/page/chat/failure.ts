import { SseStreamError } from '../../../client/index.js'

/** Why there is no answer, or not all of it. */
export interface Failure {
  /** For the reader. */
  words: string
  /** Whether it is only that the server could not be reached, and may have more of the answer. */
  isCut: boolean
}

/** What a broken connection waits for. */
export interface Wait {
  readonly failure: Failure
  /** Milliseconds since 1970. */
  readonly until: number
}

/** What the page says of the codes that a reader may meet. */
const WORDS: Record<string, string> = {
  SSE_UNREACHABLE: 'The server cannot be reached.',
  SSE_TRUNCATED: 'The connection was lost.',
  FST_SSE_PROVIDER_LOST: 'The model cannot be reached, or has broken off.',
  FST_SSE_CLOSING: 'The server was shut down.',
  FST_SSE_PRODUCER_LOST: 'The server was shut down in the middle of the answer.',
  FST_SSE_STREAM_GONE: 'The server has no more of this answer. It was restarted, or too much time has passed.',
  FST_SSE_POSITION_GONE: 'The server has no more of this answer.',
  FST_SSE_STREAM_ABANDONED: 'Nobody was here to read, so the server has stopped the answer.',
  FST_SSE_LOG_FULL: 'The answer has become too long for the server.'
}

/** Where only the connection has failed. */
const CUTS = new Set(['SSE_UNREACHABLE', 'SSE_TRUNCATED', 'SSE_STATUS', 'FST_SSE_STORE_UNAVAILABLE'])

/** @param isOnline whether the browser has a network at all */
export function explainFailure(error: unknown, isOnline: boolean): Failure {
  if (!(error instanceof SseStreamError)) return { words: `This page has failed: ${error}`, isCut: false }
  return { words: wordsOf(error, isOnline), isCut: CUTS.has(error.code) }
}

/** Whether an answer has ended because somebody wanted it to, in another tab for example. */
export function isStop(error: unknown): boolean {
  return error instanceof SseStreamError && error.code === 'FST_SSE_STREAM_STOPPED'
}

function wordsOf({ statusCode, code, message, retryAfter }: SseStreamError, isOnline: boolean): string {
  if (!isOnline && CUTS.has(code)) return 'The server cannot be reached: there is no network.'
  const own = WORDS[code]
  if (own !== undefined) return own
  if (statusCode === 429) return `The model has too much to do.${wish(retryAfter)}`
  if (statusCode === 413) return 'The conversation has become too long for the server.'
  if (statusCode !== undefined && statusCode >= 500) return `The server has failed (status ${statusCode}).`
  return sentence(message)
}

function wish(retryAfter: number | undefined): string {
  if (retryAfter === undefined) return ''
  const seconds = Math.ceil(retryAfter / 1000)
  return ` It asks to wait for ${seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`}.`
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.')
}
