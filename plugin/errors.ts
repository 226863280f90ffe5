import createError from '@fastify/error'

/** An option has a value that it does not take. Thrown at registration, or by the call that passed it. */
export const FST_SSE_OPTION_INVALID = createError<'FST_SSE_OPTION_INVALID', 500, [string, string]>(
  'FST_SSE_OPTION_INVALID',
  'option "%s" %s',
  500
)

/** What was handed to `reply.sseFrom` cannot be iterated. */
export const FST_SSE_SOURCE_INVALID = createError<'FST_SSE_SOURCE_INVALID', 500, [string]>(
  'FST_SSE_SOURCE_INVALID',
  'the source must be an (async) iterable, a ReadableStream, a Readable, a promise of one or a function that returns one, but it is %s',
  500
)

/** An event cannot be written, or is not what the route's schema declares. Nothing of it was sent. */
export const FST_SSE_EVENT_INVALID = createError<'FST_SSE_EVENT_INVALID', 500, [string, { cause: unknown }?]>(
  'FST_SSE_EVENT_INVALID',
  'invalid event: %s',
  500
)

/** An event is larger than `maxEventBytes`. Nothing of it was sent. */
export const FST_SSE_EVENT_TOO_LARGE = createError<'FST_SSE_EVENT_TOO_LARGE', 500, [number, number]>(
  'FST_SSE_EVENT_TOO_LARGE',
  'an event of %s bytes is larger than maxEventBytes (%s)',
  500
)

/** The source threw something that is no Error; the `cause` is what it threw. */
export const FST_SSE_SOURCE_FAILED = createError<'FST_SSE_SOURCE_FAILED', 500, [{ cause: unknown }]>(
  'FST_SSE_SOURCE_FAILED',
  'the source failed',
  500
)

/** The signal in the options of the stream was aborted; the `cause` is its reason. */
export const FST_SSE_STOPPED = createError<'FST_SSE_STOPPED', 503, [{ cause: unknown }]>(
  'FST_SSE_STOPPED',
  'the stream was stopped by its signal',
  503
)

/** The server is closing and takes no new streams. */
export const FST_SSE_CLOSING = createError<'FST_SSE_CLOSING', 503, []>(
  'FST_SSE_CLOSING',
  'the server is closing and takes no new streams, try again',
  503
)
