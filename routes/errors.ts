import createError from '@fastify/error'

/** A field of the input is missing, wrong or unknown. */
export const FST_SSE_INPUT_INVALID = createError<'FST_SSE_INPUT_INVALID', 400, [string, string]>(
  'FST_SSE_INPUT_INVALID',
  '%s %s',
  400
)

/** The client accepts no form in which the route answers (RFC 9110, section 12.5.1). */
export const FST_SSE_NOT_ACCEPTABLE = createError<'FST_SSE_NOT_ACCEPTABLE', 406, [string]>(
  'FST_SSE_NOT_ACCEPTABLE',
  'this route answers with %s, which the accept header does not allow',
  406
)

/** The client asks for a model that the server does not have. */
export const FST_SSE_MODEL_NOT_FOUND = createError<'FST_SSE_MODEL_NOT_FOUND', 404, []>(
  'FST_SSE_MODEL_NOT_FOUND',
  'there is no such model; GET /v1/models lists those there are',
  404
)
