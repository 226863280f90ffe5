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
