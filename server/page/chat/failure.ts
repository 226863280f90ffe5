import { SseStreamError } from '../../../client/index.js'

/** Why an answer is missing or incomplete. */
export interface Failure {
  /** What the reader is told. */
  words: string
  /** Whether only the connection failed, so that the server may have the rest of the answer. */
  isCut: boolean
  /** Whether the server asks for an API key. */
  needsKey?: boolean
  /** Whether the browser had no network. */
  isOffline?: boolean
  /** Whether the server was asked too much, and wants to be asked later. */
  isBusy?: boolean
}

/** Why an answer has no connection, and until when. */
export interface Wait {
  readonly failure: Failure
  /** Milliseconds since 1970. */
  readonly until: number
}

/** What the reader is told for an error code. */
const WORDS: Record<string, string> = {
  FST_SSE_API_KEY_REQUIRED: 'The server asks for an API key. Enter it below.',
  FST_SSE_KEY_REFUSED: 'The model provider does not accept the key of this server.',
  SSE_UNREACHABLE: 'The server cannot be reached.',
  SSE_TRUNCATED: 'The connection was lost.',
  FST_SSE_PROVIDER_LOST: 'The model cannot be reached, or its answer broke off.',
  FST_SSE_CLOSING: 'The server was shut down.',
  FST_SSE_PRODUCER_LOST: 'The server was shut down in the middle of the answer.',
  FST_SSE_STREAM_GONE: 'The server no longer has this answer. It was restarted, or too much time has passed.',
  FST_SSE_POSITION_GONE: 'The server no longer has the rest of this answer.',
  FST_SSE_STREAM_ABANDONED: 'The server stopped the answer because nobody was reading it.',
  FST_SSE_LOG_FULL: 'The answer is too long for the server.'
}

/** The error codes of a failed connection. */
const CUTS = new Set(['SSE_UNREACHABLE', 'SSE_TRUNCATED', 'SSE_STATUS', 'FST_SSE_STORE_UNAVAILABLE'])

/** @param isOnline whether the browser has a network */
export function explainFailure(error: unknown, isOnline: boolean): Failure {
  if (!(error instanceof SseStreamError)) return { words: `This page failed: ${error}`, isCut: false }
  const needsKey = error.code === 'FST_SSE_API_KEY_REQUIRED'
  const isCut = CUTS.has(error.code)
  return {
    words: wordsOf(error, isOnline),
    isCut,
    ...(needsKey && { needsKey }),
    ...(isCut && !isOnline && { isOffline: true }),
    ...(error.statusCode === 429 && { isBusy: true })
  }
}

/** Whether an answer ended because somebody stopped it, in another tab for example. */
export function isStop(error: unknown): boolean {
  return error instanceof SseStreamError && error.code === 'FST_SSE_STREAM_STOPPED'
}

function wordsOf({ statusCode, code, message, retryAfter }: SseStreamError, isOnline: boolean): string {
  if (!isOnline && CUTS.has(code)) return 'The server cannot be reached: there is no network.'
  const own = WORDS[code]
  if (own !== undefined) return own
  if (statusCode === 429) return `The model is overloaded.${request(retryAfter)}`
  if (statusCode === 413) return 'The conversation is too long for the server.'
  if (code === 'FST_SSE_PROVIDER_REFUSED' && statusCode === 502 && message !== 'Bad Gateway') return sentence(message)
  if (statusCode !== undefined && statusCode >= 500) return `The server failed (status ${statusCode}).`
  return sentence(message)
}

function request(retryAfter: number | undefined): string {
  if (retryAfter === undefined) return ''
  const seconds = Math.ceil(retryAfter / 1000)
  return ` It asks you to wait ${seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`}.`
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.')
}
