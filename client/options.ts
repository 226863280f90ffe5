import type { EventMap, EventStreamSchema } from '../plugin/schema/event-schema.js'
import type { SseStreamError } from './errors.js'
import type { Decoding, EventsOfSchema, IsUntyped, RequiredDecoding, SseStream, StreamEvent } from './types.js'

/** What `onReconnect` is told of a connection that failed and is about to be tried again. */
export interface Reconnect {
  /** Which retry in a row this is, from 1. An event starts the count again. */
  readonly attempt: number
  /** How long the client waits before it. Milliseconds. */
  readonly delay: number
  /** Why the connection failed. */
  readonly error: SseStreamError
}

/** When a connection that failed is tried again. */
export interface RetryOptions {
  /**
   * How many times in a row a connection is tried again. An event starts the count again. `0` for never, `Infinity`
   * for any number. When the count is used up, the stream fails with the last error as the `cause`. Default: 10, and 2
   * for a 429 before the first event.
   */
  maxRetries?: number | undefined
  /**
   * The upper limit of the first wait; each further wait doubles it. A wait is a random part of its limit, so that
   * clients that lost their connections together do not return together. Milliseconds. Default: 1000.
   */
  retryDelay?: number | undefined
  /**
   * The upper limit of any wait, not counting what the server asks for with `retry:` or `Retry-After`, which is added.
   * If `Retry-After` asks for more than this limit, the stream fails at once, with `retryAfter` in the error. A
   * `retry:` that asks for more counts as this limit: unlike a browser, the client never waits for days because of it.
   * Milliseconds. Default: 30000, and 5000 for a 429 before the first event.
   */
  maxRetryDelay?: number | undefined
  /**
   * Whether a wait ends as soon as there may be a network again: the browser is `online`, or the page is shown again
   * (`visibilitychange`, `pageshow`). The wait is never shorter than the server asks for, and the count of retries
   * starts again. Node has no such events. Default: `true`.
   */
  wake?: boolean | undefined
  /**
   * Called before each wait for another connection. What it throws ends the stream. If it returns a promise, the next
   * connection waits for that, too.
   *
   * ```ts
   * onReconnect: ({ attempt, delay }) => status.textContent = `Retry ${attempt} in ${Math.ceil(delay / 1000)} s`
   * ```
   */
  onReconnect?: ((reconnect: Reconnect) => void) | undefined
}

/** Headers as `fetch` accepts them. */
export type HeadersOption = ConstructorParameters<typeof Headers>[0]

/** What is requested, how, and for how long. */
export interface RequestOptions<Schema extends EventStreamSchema> extends RetryOptions {
  /** The body of the request, sent as JSON. Default: no body. */
  body?: unknown
  /** The method of the request. Default: `POST` with a body, `GET` without. */
  method?: string | undefined
  /**
   * The headers of each request, or a function that returns them. The function is called for each request, so it can
   * renew an expired token. If it throws, the connection counts as failed. Default: none besides `accept`,
   * `last-event-id` and, with a body, `content-type`.
   */
  headers?: HeadersOption | (() => HeadersOption | Promise<HeadersOption>) | undefined
  /** Ends the stream and its request when it is aborted. A loop then throws its reason. Default: none. */
  signal?: AbortSignal | undefined
  /**
   * Whether cookies are sent, as in the options of `fetch`. Default: the default of `fetch`, which is the same origin.
   */
  credentials?: RequestInit['credentials'] | undefined
  /**
   * Sends the requests. It must return a response whose body is a web `ReadableStream`. Default: the global `fetch`.
   */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined
  /**
   * The `id` of a stream to follow, for example after the page was reloaded. It is followed from its start, or from
   * `lastEventId`. `body` and `method` are not used then. Default: a new stream is requested.
   *
   * ```ts
   * openStream('/stream', { resume: sessionStorage.streamId, lastEventId: sessionStorage.lastEventId })
   * ```
   */
  resume?: string | undefined
  /**
   * The position to continue from: the `lastEventId` of an earlier stream. An id with a control character other than a
   * tab is a `TypeError`, since no header can carry it. Default: the start of the stream.
   */
  lastEventId?: string | undefined
  /**
   * Returns the URL where a stream is followed and stopped, or a promise of it. Default: `/<id>` is appended to the
   * path of the URL.
   */
  streamUrl?: ((id: string) => string | URL | PromiseLike<string | URL>) | undefined
  /**
   * The name of the event that completes a stream: the `end` option of the server. `false` if there is none, and the
   * end of the response completes the stream. Default: `'done'`.
   */
  end?: false | StreamEvent<Schema>['event'] | undefined
  /**
   * How long the server may send nothing before the connection counts as lost; `false` for any time. It should be a
   * multiple of the server's `heartbeat`, which is 15 seconds by default. Milliseconds. Default: 45000.
   */
  idleTimeout?: number | false | undefined
  /**
   * Called when a response has begun: the first, and each after a reconnect. `stream.id` is known then. If it returns a
   * promise, the events wait for that.
   */
  onOpen?: ((stream: SseStream<Schema>) => void) | undefined
}

/**
 * Checks the data of an event, which is text or what JSON gives, and returns it, changed or not, or a promise of it. To
 * refuse the event, it throws: the stream then fails with `SSE_EVENT_INVALID`, and what was thrown is the `cause`.
 */
export type CheckData = (event: string, data: NonNullable<unknown> | null) => NonNullable<unknown> | null

/** The options of a stream that is checked against its schema. */
export interface ValidatedOptions<Schema extends EventStreamSchema> extends RequestOptions<Schema> {
  /**
   * The schema of the route: what `eventStream` returned. It says how the data of each event is read. An event that it
   * does not declare, or that has other data, fails the stream with `SSE_EVENT_INVALID`.
   */
  validate: Schema
}

/** The options of `openStream`. */
export type OpenStreamOptions<Schema extends EventStreamSchema = EventStreamSchema> = RequestOptions<Schema> & {
  /** The schema of the route, or a function that checks the data of each event. Default: no check. */
  validate?: CheckData | undefined
} & DecodeOption<EventsOfSchema<Schema>>

/** Whether the defaults of `decode` are right for all events. */
type IsReadByDefault<Events extends EventMap> =
  IsUntyped<Events> extends true ? true : [keyof RequiredDecoding<Events>] extends [never] ? true : false

type DecodeOption<Events extends EventMap> =
  IsReadByDefault<Events> extends true
    ? {
        /**
         * How the data of events is read, by event name. Data that should be JSON and is not fails the stream with
         * `SSE_EVENT_INVALID`. Default: `message` as text, any other event as JSON.
         *
         * ```ts
         * openStream('/stream', { decode: { title: 'text', message: 'json' } })
         * ```
         */
        decode?: (IsUntyped<Events> extends true ? Readonly<Record<string, Decoding>> : undefined) | undefined
      }
    : {
        /**
         * How the data is read of events that the default would misread: `message` as text, any other event as JSON.
         */
        decode: RequiredDecoding<Events>
      }

/** `options` is optional unless the schema requires `decode`. */
export type OptionsArgument<Schema extends EventStreamSchema> =
  IsReadByDefault<EventsOfSchema<Schema>> extends true
    ? [options?: OpenStreamOptions<Schema>]
    : [options: OpenStreamOptions<Schema>]
