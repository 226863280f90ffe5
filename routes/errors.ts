import { createError } from '@fastify/error'

/** A field of the input is missing, wrong or unknown. The message names it and says what it takes. */
export const FST_SSE_INPUT_INVALID = createError<'FST_SSE_INPUT_INVALID', 400, [string, string]>(
  'FST_SSE_INPUT_INVALID',
  '%s %s',
  400
)

/** The client asks for a model that the server does not have. */
export const FST_SSE_MODEL_NOT_FOUND = createError<'FST_SSE_MODEL_NOT_FOUND', 404, []>(
  'FST_SSE_MODEL_NOT_FOUND',
  'there is no such model; GET /v1/models lists the models',
  404
)

/** The client asks for a path of an API that the server does not have. */
export const FST_SSE_PATH_UNKNOWN = createError<'FST_SSE_PATH_UNKNOWN', 404, [string]>(
  'FST_SSE_PATH_UNKNOWN',
  'this server does not have %s; see its documentation for what it has',
  404
)
