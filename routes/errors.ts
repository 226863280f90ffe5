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

/** A request names a host that is not the server's own: its browser was led here under another name. */
export const FST_SSE_HOST_REFUSED = createError<'FST_SSE_HOST_REFUSED', 421, []>(
  'FST_SSE_HOST_REFUSED',
  'the server does not answer under this host; if it is one of its names, add it to the hosts that are allowed',
  421
)

/** A page of another site has sent the request, or may have. */
export const FST_SSE_ORIGIN_REFUSED = createError<'FST_SSE_ORIGIN_REFUSED', 403, []>(
  'FST_SSE_ORIGIN_REFUSED',
  'the server takes no requests from pages of other sites; if this one may ask, add it to the origins that are allowed',
  403
)

/** The request has no API key, or one that the server does not know. */
export const FST_SSE_API_KEY_REQUIRED = createError<'FST_SSE_API_KEY_REQUIRED', 401, []>(
  'FST_SSE_API_KEY_REQUIRED',
  'the request needs an API key of this server, as "authorization: Bearer <key>"',
  401
)

/** The client asks how many tokens a request has, which `generate` cannot tell. */
export const FST_SSE_NO_TOKEN_COUNT = createError<'FST_SSE_NO_TOKEN_COUNT', 404, []>(
  'FST_SSE_NO_TOKEN_COUNT',
  'count_tokens is not supported by this server; the usage of an answer has its tokens',
  404
)

/** The client wants its conversation kept by the server. Its SDK then sends the whole conversation instead. */
export const FST_SSE_NO_THREADS = createError<'FST_SSE_NO_THREADS', 400, []>(
  'FST_SSE_NO_THREADS',
  'thread is not supported by this server; send the whole conversation in messages',
  400
)

/** The client asks for a response that is not there, has expired, or belongs to another owner. */
export const FST_SSE_RESPONSE_NOT_FOUND = createError<'FST_SSE_RESPONSE_NOT_FOUND', 404, [string]>(
  'FST_SSE_RESPONSE_NOT_FOUND',
  "Response with id '%s' not found",
  404
)

/** The client continues a response that is not there, has expired, was not stored, or belongs to another owner. */
export const FST_SSE_PREVIOUS_RESPONSE_NOT_FOUND = createError<'FST_SSE_PREVIOUS_RESPONSE_NOT_FOUND', 400, [string]>(
  'FST_SSE_PREVIOUS_RESPONSE_NOT_FOUND',
  "Previous response with id '%s' not found",
  400
)

/** The input refers to an item of a response that is not there, has expired, or belongs to another owner. */
export const FST_SSE_ITEM_NOT_FOUND = createError<'FST_SSE_ITEM_NOT_FOUND', 404, [string]>(
  'FST_SSE_ITEM_NOT_FOUND',
  "Item with id '%s' not found; send the item itself instead",
  404
)

/** The client asks to cancel a response that cannot be cancelled any more, or never could be. */
export const FST_SSE_NOT_CANCELLABLE = createError<'FST_SSE_NOT_CANCELLABLE', 400, [string]>(
  'FST_SSE_NOT_CANCELLABLE',
  'Cannot cancel %s',
  400
)
