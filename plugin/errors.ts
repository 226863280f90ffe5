import { createError } from '@fastify/error'

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

/** The source ended before its answer was complete, as `isComplete` or the protocol of the stream shows. */
export const FST_SSE_SOURCE_TRUNCATED = createError<'FST_SSE_SOURCE_TRUNCATED', 502, [string]>(
  'FST_SSE_SOURCE_TRUNCATED',
  'the source ended before its answer was complete: it did not give %s',
  502
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

/** The client accepts no media type that the route answers with (RFC 9110, section 15.5.7). */
export const FST_SSE_NOT_ACCEPTABLE = createError<'FST_SSE_NOT_ACCEPTABLE', 406, [string]>(
  'FST_SSE_NOT_ACCEPTABLE',
  'this route answers with %s, which the accept header does not allow',
  406
)

/** The `Last-Event-ID` of a request is none that a resumable stream gives. */
export const FST_SSE_ID_INVALID = createError<'FST_SSE_ID_INVALID', 400, [string]>(
  'FST_SSE_ID_INVALID',
  'the %s is not one that a stream of this server has given',
  400
)

/** There is no such stream for this client, whether it is somebody else's or was never there. */
export const FST_SSE_STREAM_NOT_FOUND = createError<'FST_SSE_STREAM_NOT_FOUND', 404, []>(
  'FST_SSE_STREAM_NOT_FOUND',
  'there is no such stream',
  404
)

/** The stream is not there any more, if it ever was. */
export const FST_SSE_STREAM_GONE = createError<'FST_SSE_STREAM_GONE', 410, []>(
  'FST_SSE_STREAM_GONE',
  'the stream has expired or was never there; ask again without an id',
  410
)

/** The stream is there, but not all that comes after this event. */
export const FST_SSE_POSITION_GONE = createError<'FST_SSE_POSITION_GONE', 410, []>(
  'FST_SSE_POSITION_GONE',
  'the log of the stream does not hold what comes after this event; read it from its start, or ask again without an id',
  410
)

/** A stream was stopped by `app.sseStreams.stop(id)`. */
export const FST_SSE_STREAM_STOPPED = createError<'FST_SSE_STREAM_STOPPED', 410, []>(
  'FST_SSE_STREAM_STOPPED',
  'the stream was stopped on request',
  410
)

/** No client was left to follow a resumable stream, and none came back in time. */
export const FST_SSE_STREAM_ABANDONED = createError<'FST_SSE_STREAM_ABANDONED', 410, []>(
  'FST_SSE_STREAM_ABANDONED',
  'the stream was stopped since its last client had left',
  410
)

/** A resumable stream has more events, or bytes of them, than its log may hold. */
export const FST_SSE_LOG_FULL = createError<'FST_SSE_LOG_FULL', 500, [string]>(
  'FST_SSE_LOG_FULL',
  'the stream is larger than its log may be: %s of the event store',
  500
)

/** The event store has no room for the log of another stream. */
export const FST_SSE_STORE_FULL = createError<'FST_SSE_STORE_FULL', 503, [number]>(
  'FST_SSE_STORE_FULL',
  'the event store holds maxStreams (%s) logs, and none of them has ended',
  503
)

/** The event store cannot be reached; the `cause` says why. */
export const FST_SSE_STORE_UNAVAILABLE = createError<'FST_SSE_STORE_UNAVAILABLE', 503, [{ cause: unknown }?]>(
  'FST_SSE_STORE_UNAVAILABLE',
  'the event store cannot be reached',
  503
)

/** The process whose source made the events of a resumable stream has died, or has lost touch for too long. */
export const FST_SSE_PRODUCER_LOST = createError<'FST_SSE_PRODUCER_LOST', 503, []>(
  'FST_SSE_PRODUCER_LOST',
  'the process that made the stream is gone',
  503
)

/** A producer's lease on a log has run out, or the log has ended without it. */
export const FST_SSE_PRODUCER_FENCED = createError<'FST_SSE_PRODUCER_FENCED', 409, []>(
  'FST_SSE_PRODUCER_FENCED',
  'the lease on the log has run out, or the log was ended by another',
  409
)
