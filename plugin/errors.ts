import { createError } from '@fastify/error'

/** An option is unknown or has an invalid value. Thrown at registration, or by the call with the option. */
export const FST_SSE_OPTION_INVALID = createError<'FST_SSE_OPTION_INVALID', 500, [string, string]>(
  'FST_SSE_OPTION_INVALID',
  'option "%s" %s',
  500
)

/** The plugin is registered already, for this scope, or for one around or inside it. Thrown at registration. */
export const FST_SSE_ALREADY_REGISTERED = createError<'FST_SSE_ALREADY_REGISTERED', 500, [string]>(
  'FST_SSE_ALREADY_REGISTERED',
  'fastify-sse-from is registered already, %s',
  500
)

/**
 * The reply has a stream already, which goes on, or another answer, or was hijacked. The source that was given is never
 * started.
 */
export const FST_SSE_ALREADY_ANSWERED = createError<'FST_SSE_ALREADY_ANSWERED', 500, [string, string]>(
  'FST_SSE_ALREADY_ANSWERED',
  '%s %s',
  500
)

/** The source that was passed to `reply.sseFrom` cannot be iterated. */
export const FST_SSE_SOURCE_INVALID = createError<'FST_SSE_SOURCE_INVALID', 500, [string]>(
  'FST_SSE_SOURCE_INVALID',
  'the source must be an (async) iterable, a ReadableStream, a Readable, a promise of one, ' +
    'or a function that returns one, but it is %s',
  500
)

/** An event cannot be encoded, or does not match the route's schema. Nothing of it was sent. */
export const FST_SSE_EVENT_INVALID = createError<'FST_SSE_EVENT_INVALID', 500, [string, { cause: unknown }?]>(
  'FST_SSE_EVENT_INVALID',
  'invalid event: %s',
  500
)

/** What the `json` option gave cannot be sent as JSON, or does not match the route's schema. Nothing of it was sent. */
export const FST_SSE_BODY_INVALID = createError<'FST_SSE_BODY_INVALID', 500, [string, { cause: unknown }?]>(
  'FST_SSE_BODY_INVALID',
  'invalid JSON body: %s',
  500
)

/** An event is larger than `maxEventBytes`. Nothing of it was sent. */
export const FST_SSE_EVENT_TOO_LARGE = createError<'FST_SSE_EVENT_TOO_LARGE', 500, [number, number]>(
  'FST_SSE_EVENT_TOO_LARGE',
  'an event of %s bytes is larger than maxEventBytes (%s)',
  500
)

/** An answer in one piece is larger than `maxResponseBytes`. */
export const FST_SSE_RESPONSE_TOO_LARGE = createError<'FST_SSE_RESPONSE_TOO_LARGE', 500, [number]>(
  'FST_SSE_RESPONSE_TOO_LARGE',
  'the answer is larger than maxResponseBytes (%s)',
  500
)

/** The source threw something other than an Error: the `cause`. */
export const FST_SSE_SOURCE_FAILED = createError<'FST_SSE_SOURCE_FAILED', 500, [{ cause: unknown }]>(
  'FST_SSE_SOURCE_FAILED',
  'the source failed',
  500
)

/**
 * The provider does not accept the key that it was asked with; the `cause` has its words. It is 502 for the server's
 * own key, and the provider's status for the key of a user.
 */
export const FST_SSE_KEY_REFUSED = createError<'FST_SSE_KEY_REFUSED', 502, [{ cause: unknown }]>(
  'FST_SSE_KEY_REFUSED',
  'the provider does not accept the key for this request',
  502
)

/** The source ended before its answer was complete, according to `isComplete` or to the protocol of the stream. */
export const FST_SSE_SOURCE_TRUNCATED = createError<'FST_SSE_SOURCE_TRUNCATED', 502, [string]>(
  'FST_SSE_SOURCE_TRUNCATED',
  'the source ended before its answer was complete: it did not yield %s',
  502
)

/** The source gave no event within `firstEventTimeout`. */
export const FST_SSE_FIRST_EVENT_TIMEOUT = createError<'FST_SSE_FIRST_EVENT_TIMEOUT', 504, [number]>(
  'FST_SSE_FIRST_EVENT_TIMEOUT',
  'the source gave no event within firstEventTimeout (%s ms)',
  504
)

/** After its first event, the source gave nothing for `idleTimeout`. */
export const FST_SSE_IDLE_TIMEOUT = createError<'FST_SSE_IDLE_TIMEOUT', 504, [number]>(
  'FST_SSE_IDLE_TIMEOUT',
  'the source gave nothing for idleTimeout (%s ms)',
  504
)

/** The source ran for longer than `maxDuration`. */
export const FST_SSE_DURATION_EXCEEDED = createError<'FST_SSE_DURATION_EXCEEDED', 504, [number]>(
  'FST_SSE_DURATION_EXCEEDED',
  'the source ran for longer than maxDuration (%s ms)',
  504
)

/** The `signal` in the options of the stream was aborted; the `cause` is its reason. */
export const FST_SSE_STOPPED = createError<'FST_SSE_STOPPED', 503, [{ cause: unknown }]>(
  'FST_SSE_STOPPED',
  'the stream was stopped by its signal',
  503
)

/** The server is closing and accepts no new streams. */
export const FST_SSE_CLOSING = createError<'FST_SSE_CLOSING', 503, []>(
  'FST_SSE_CLOSING',
  'the server is closing and accepts no new streams; try again',
  503
)

/** `maxStreams` sources run on this server. */
export const FST_SSE_SERVER_BUSY = createError<'FST_SSE_SERVER_BUSY', 503, [number]>(
  'FST_SSE_SERVER_BUSY',
  'the server runs maxStreams (%s) streams; try again later',
  503
)

/** The limit of `maxStreamsPerOwner` is reached: so many streams of the owner run. */
export const FST_SSE_OWNER_BUSY = createError<'FST_SSE_OWNER_BUSY', 429, [number]>(
  'FST_SSE_OWNER_BUSY',
  'no more than %s streams of one owner may run at the same time; try again when one has ended',
  429
)

/** `maxStreamsPerConnection` responses of this connection are open. */
export const FST_SSE_CONNECTION_BUSY = createError<'FST_SSE_CONNECTION_BUSY', 429, [number]>(
  'FST_SSE_CONNECTION_BUSY',
  'no more than %s streams of one connection may be open at the same time; try again when one has ended',
  429
)

/** The client accepts no media type that the route answers with (RFC 9110, section 15.5.7). */
export const FST_SSE_NOT_ACCEPTABLE = createError<'FST_SSE_NOT_ACCEPTABLE', 406, [string]>(
  'FST_SSE_NOT_ACCEPTABLE',
  'this route answers with %s, which the accept header does not allow',
  406
)

/**
 * A `Last-Event-ID` or a stream id is malformed, or belongs to another stream. Both come from clients, also where an
 * app takes its own ids from requests.
 */
export const FST_SSE_ID_INVALID = createError<'FST_SSE_ID_INVALID', 400, [string]>(
  'FST_SSE_ID_INVALID',
  'the %s is invalid: a Last-Event-ID must be one that the server sent for this stream, ' +
    'and a stream id has 1 to 128 letters, digits, - or _',
  400
)

/** A request has no owner, or the `owner` function gave or threw something else than one. */
export const FST_SSE_OWNER_INVALID = createError<'FST_SSE_OWNER_INVALID', 500, [string, { cause: unknown }?]>(
  'FST_SSE_OWNER_INVALID',
  'the owner of a stream must be a non-empty string, but %s',
  500
)

/** There is no such stream for this client: it never existed, has expired, or belongs to somebody else. */
export const FST_SSE_STREAM_NOT_FOUND = createError<'FST_SSE_STREAM_NOT_FOUND', 404, []>(
  'FST_SSE_STREAM_NOT_FOUND',
  'there is no such stream',
  404
)

/** The stream has expired, or never existed. */
export const FST_SSE_STREAM_GONE = createError<'FST_SSE_STREAM_GONE', 410, []>(
  'FST_SSE_STREAM_GONE',
  'the stream has expired or never existed; ask again without an id',
  410
)

/** The stream exists, but the events after this id are not all available. */
export const FST_SSE_POSITION_GONE = createError<'FST_SSE_POSITION_GONE', 410, []>(
  'FST_SSE_POSITION_GONE',
  'the events after this id are not available; read the stream from its start, or ask again without an id',
  410
)

/** A stream was stopped by `app.sseStreams.stop(id)`, and its protocol has no end of its own for that. */
export const FST_SSE_STREAM_STOPPED = createError<'FST_SSE_STREAM_STOPPED', 410, []>(
  'FST_SSE_STREAM_STOPPED',
  'the stream was stopped on request',
  410
)

/** The last client of a resumable stream left, and none came back in time. */
export const FST_SSE_STREAM_ABANDONED = createError<'FST_SSE_STREAM_ABANDONED', 410, []>(
  'FST_SSE_STREAM_ABANDONED',
  'the stream was stopped because its last client left',
  410
)

/** A resumable stream has exceeded `maxEvents` or `maxBytes` of the event store. */
export const FST_SSE_LOG_FULL = createError<'FST_SSE_LOG_FULL', 500, [string]>(
  'FST_SSE_LOG_FULL',
  'the stream has exceeded %s of the event store',
  500
)

/** The event store has no room for the log of another stream, or for a log that grows. The text says why. */
export const FST_SSE_STORE_FULL = createError<'FST_SSE_STORE_FULL', 503, [string]>(
  'FST_SSE_STORE_FULL',
  'the event store has no room for this stream: %s',
  503
)

/** The event store cannot be reached; the `cause` says why. */
export const FST_SSE_STORE_UNAVAILABLE = createError<'FST_SSE_STORE_UNAVAILABLE', 503, [{ cause: unknown }?]>(
  'FST_SSE_STORE_UNAVAILABLE',
  'the event store cannot be reached',
  503
)

/** The process that produced a resumable stream has died, or has not renewed its lease in time. */
export const FST_SSE_PRODUCER_LOST = createError<'FST_SSE_PRODUCER_LOST', 503, []>(
  'FST_SSE_PRODUCER_LOST',
  'the process that produced the stream is gone',
  503
)

/** A producer does not hold the lease on its log, or the log has ended. */
export const FST_SSE_PRODUCER_FENCED = createError<'FST_SSE_PRODUCER_FENCED', 409, []>(
  'FST_SSE_PRODUCER_FENCED',
  'the producer does not hold the lease on the log, or the log has ended',
  409
)
