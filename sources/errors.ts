import createError from '@fastify/error'

type Cause = { cause: unknown }

/** The provider answered with an error of its own, whose status this one has. */
export const FST_SSE_PROVIDER_REFUSED = createError<'FST_SSE_PROVIDER_REFUSED', 502, [number, string, Cause]>(
  'FST_SSE_PROVIDER_REFUSED',
  'the model provider answered with status %s: %s',
  502
)

/** The provider could not be reached, or its answer broke off. */
export const FST_SSE_PROVIDER_LOST = createError<'FST_SSE_PROVIDER_LOST', 502, [string, Cause?]>(
  'FST_SSE_PROVIDER_LOST',
  'the model provider %s',
  502
)

/** What a client may be told of the provider's own words: an answer to a wrong key repeats parts of it. */
const HINTS: Record<number, string> = {
  401: 'it does not accept the key of this server',
  403: 'it does not let this server use the model',
  404: 'it does not know the model',
  429: 'too many requests, try again later'
}

/** @param cause what the provider said, for the log */
export function refusal(status: number, headers: Headers, cause: Error): Error {
  const refused = new FST_SSE_PROVIDER_REFUSED(status, HINTS[status] ?? 'see the log', { cause })
  if (status < 400 || status > 599) return refused
  const retryAfter = headers.get('retry-after')
  return Object.assign(refused, { statusCode: status }, retryAfter && { headers: { 'retry-after': retryAfter } })
}
