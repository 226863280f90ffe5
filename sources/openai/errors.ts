import { createError } from '@fastify/error'

type Cause = { cause: unknown }

/** The provider answered with an error. This error has its status, if that is one of 400 to 599, or else 502. */
export const FST_SSE_PROVIDER_REFUSED = createError<'FST_SSE_PROVIDER_REFUSED', 502, [number, string, Cause]>(
  'FST_SSE_PROVIDER_REFUSED',
  'the model provider answered with status %s: %s',
  502
)

/** The provider could not be reached, its answer broke off, or it sent something else. */
export const FST_SSE_PROVIDER_LOST = createError<'FST_SSE_PROVIDER_LOST', 502, [string, Cause?]>(
  'FST_SSE_PROVIDER_LOST',
  'the model provider %s',
  502
)

/** What the client is told instead of the provider's words, which may repeat parts of the key. */
const HINTS: Record<number, string> = {
  401: 'it does not accept the key of this server',
  403: 'it does not let this server use the model',
  404: 'it does not know the model',
  429: 'too many requests, try again later'
}

const WRONG_ADDRESS = 'it has no chat completions at this address; most base URLs end in /v1, the log has the address'
const REDIRECT = 'it redirects to another address, which is not followed; see the log'

/** What servers say if there is nothing at a path. Any other 404 in JSON is about the model. */
const NO_SUCH_PATH = /"not found"|(resource|page|file|route .*) not found|invalid url|unknown (url|path|route)/i

/** A number of seconds, or a date (RFC 9110, section 10.2.3). */
const RETRY_AFTER = /^(\d{1,10}|[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT)$/

/** @param cause what the provider said, for the log */
export function refusal(status: number, headers: Headers, cause: Error): Error {
  const refused = new FST_SSE_PROVIDER_REFUSED(status, hintOf(status, cause.message), { cause })
  // A proxy in front of the provider wants to know this server, not the client.
  if (status < 400 || status > 599 || status === 407) return refused
  const retryAfter = headers.get('retry-after') ?? ''
  const isValid = RETRY_AFTER.test(retryAfter)
  return Object.assign(refused, { statusCode: status }, isValid && { headers: { 'retry-after': retryAfter } })
}

/** Whether an error may be about an option of the request. Others may repeat the request in their words. */
export function mayRefuseOption({ code, statusCode }: ProviderError): boolean {
  return code === 'FST_SSE_PROVIDER_LOST' || statusCode === 400 || statusCode === 422
}

/** Whether the base URL may be wrong: then the log says which address was asked. */
export function mayBeWrongAddress(status: number): boolean {
  return status < 400 || status === 404 || status === 405
}

function hintOf(status: number, words: string): string {
  if (status >= 300 && status < 400) return REDIRECT
  const isAboutPath = !words.includes('{') || NO_SUCH_PATH.test(words)
  if (status === 405 || (status === 404 && isAboutPath)) return WRONG_ADDRESS
  return HINTS[status] ?? 'see the log'
}

type ProviderError = Error & { code: string; statusCode?: number; cause?: Error }

/** The error for the client, whatever was thrown while asking or reading. */
export function toProviderError(error: unknown): ProviderError {
  if (error instanceof FST_SSE_PROVIDER_LOST || error instanceof FST_SSE_PROVIDER_REFUSED) return error as ProviderError
  // Only the code of the cause says that a connection took too long to open.
  const isLate = /timed? ?out/i.test(`${error} ${(error as { cause?: { code?: unknown } }).cause?.code}`)
  const what = isLate ? 'did not answer in time' : 'could not be reached, or broke off'
  return new FST_SSE_PROVIDER_LOST(what, { cause: explained(error) }) as ProviderError
}

/** Fetch takes a 407 for an error of the network, of which it says nothing. */
function explained(error: unknown): unknown {
  const { message, cause } = error as Error
  if (!(cause instanceof Error) || cause.message !== '') return error
  return new Error(`${message}, as it does for the status 407 of a proxy`, { cause: error })
}
