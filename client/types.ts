import type { Static } from '@sinclair/typebox'
import type { EventMap, EventStreamSchema } from '../plugin/schema/event-schema.js'
import type { SseStreamError } from './errors.js'

type StreamEventOf<Schema> = Schema extends EventStreamSchema<infer Events> ? Events : never

/** Whether nothing is known of the events. */
type IsUntyped<Events> = string extends keyof Events ? true : false

/** Whether a server may send data of this type as text: it sends strings as they are, and anything else as JSON. */
type MayBeText<Data> = unknown extends Data ? true : [Extract<Data, string>] extends [never] ? false : true

/** What data is once it was received. Where it may be text or something else, the two cannot be told apart. */
type Received<Data> = unknown extends Data
  ? string
  : [Data] extends [string]
    ? Data
    : MayBeText<Data> extends true
      ? Data | string
      : Data

/** The data of each event but `error`, which is thrown. */
type DataByName<Events extends EventMap> = {
  [Name in Exclude<keyof Events | 'done', 'error'>]: Name extends keyof Events
    ? Received<Static<Events[Name]>>
    : Record<string, never>
}

interface Named<Name, Data> {
  /** Its name; `message` where the server gave it none. */
  readonly event: Name
  readonly data: Data
  /** Where a stream goes on that is resumed after this event. */
  readonly id: string | undefined
}

type ByName<Data> = { [Name in keyof Data]: Named<Name, Data[Name]> }[keyof Data]

/**
 * An event of a stream: for a route whose schema is known one of those that it declares, told apart by `event`; otherwise
 * any, with data that is `unknown`.
 *
 * @template Schema what `eventStream` has made
 */
export type StreamEvent<Schema extends EventStreamSchema = EventStreamSchema> =
  IsUntyped<StreamEventOf<Schema>> extends true ? Named<string, unknown> : ByName<DataByName<StreamEventOf<Schema>>>

/** How the data of an event is read: as it was sent, or as JSON. */
export type Decoding = 'text' | 'json'

/** The events of a schema whose data is not read rightly by default. */
type Told<Events extends EventMap> = {
  readonly [Name in keyof Events as Name extends 'error'
    ? never
    : Name extends 'message'
      ? MayBeText<Static<Events[Name]>> extends true
        ? never
        : Name
      : MayBeText<Static<Events[Name]>> extends true
        ? Name
        : never]: Name extends 'message' ? 'json' : 'text'
}

/** Tells of a connection that is about to be tried again. */
export interface Reconnect {
  /** How many times in a row nothing has come of it, this one included. From 1. */
  readonly attempt: number
  /** How long the client waits first. Milliseconds. */
  readonly delay: number
  /** Why it has to. */
  readonly error: SseStreamError
}

/** When a connection that has failed is tried again. */
export interface RetryOptions {
  /** How many times in a row a connection is tried again. A new event starts the count anew. Default: 10. */
  maxRetries?: number | undefined
  /** How long the first wait is at most, which each next one doubles. Milliseconds. Default: 1000. */
  retryDelay?: number | undefined
  /**
   * How long a wait becomes at most, beside what the server asks for. A `Retry-After` of more is not waited for: the stream
   * fails. Milliseconds. Default: 30000.
   */
  maxRetryDelay?: number | undefined
  /** Called before the wait for another connection. */
  onReconnect?: ((reconnect: Reconnect) => void) | undefined
}

/** What a request is made with, and when it is given up. */
export interface RequestOptions<Schema extends EventStreamSchema> extends RetryOptions {
  /** Sent as JSON. Default: no body. */
  body?: unknown
  /** Default: `POST` with a body, `GET` without. */
  method?: string | undefined
  /** Headers of each request, or a function that gives them anew for each, where a token may have expired meanwhile. */
  headers?: HeadersOption | (() => HeadersOption | Promise<HeadersOption>) | undefined
  /** Ends the stream and its request when it is aborted. What waits for an event is rejected with its reason. */
  signal?: AbortSignal | undefined
  /** Whether cookies are sent, as `fetch` takes it. Default: to the same origin. */
  credentials?: RequestInit['credentials'] | undefined
  /** Sends the requests. Default: the global `fetch`. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined
  /**
   * The id of a stream to go on with, such as after a page was loaded again: its `id`. It is followed from its start, or from
   * `lastEventId`. `body` and `method` are not used then. Default: a new stream.
   */
  resume?: string | undefined
  /** The id of the last event that is there already. Default: none. */
  lastEventId?: string | undefined
  /** Where the stream of an id is followed and stopped. Default: the URL with `/<id>` behind its path. */
  streamUrl?: ((id: string) => string | URL) | undefined
  /**
   * The event that ends a complete stream: the `end` of the server's options. `false` where there is none, and the end of
   * the response is that of the stream. Default: `'done'`.
   */
  end?: false | StreamEvent<Schema>['event'] | undefined
  /**
   * For how long nothing at all may come before a connection is taken for dead; `false` for any time. The server sends a
   * sign of life every 15 seconds (`heartbeat`). Milliseconds. Default: 45000.
   */
  idleTimeout?: number | false | undefined
  /** Called when a response has begun, the first and each after a reconnect. `stream.id` is known then. */
  onOpen?: ((stream: SseStream<Schema>) => void) | undefined
}

/** Headers as `fetch` takes them. */
export type HeadersOption = ConstructorParameters<typeof Headers>[0]

/** Checks the data of an event: gives what it is to be, or throws. */
export type CheckData = (event: string, data: unknown) => NonNullable<unknown> | null

/** Options of a stream whose events are checked against the schema, which also says how they are read. */
export interface ValidatedOptions<Schema extends EventStreamSchema> extends RequestOptions<Schema> {
  /** The schema of the route, as `eventStream` has made it. */
  validate: Schema
}

/** The options of `openStream`. */
export type OpenStreamOptions<Schema extends EventStreamSchema = EventStreamSchema> = RequestOptions<Schema> & {
  /**
   * Checks each event: the schema of the route, or a function that is given the name of an event and its data, and gives the
   * data back or throws. An event that does not fit fails the stream. Default: no check.
   */
  validate?: CheckData | undefined
} & DecodeOption<StreamEventOf<Schema>>

/** Whether all events are read rightly by default. */
type IsPlain<Events extends EventMap> =
  IsUntyped<Events> extends true ? true : [keyof Told<Events>] extends [never] ? true : false

type DecodeOption<Events extends EventMap> =
  IsPlain<Events> extends true
    ? {
        /** How the data of events is read. Default: that of `message` as text, that of others as JSON. */
        decode?: (IsUntyped<Events> extends true ? Readonly<Record<string, Decoding>> : undefined) | undefined
      }
    : {
        /** How the data of events is read: these are not read by default as the schema has them. */
        decode: Told<Events>
      }

/** `options` may be left out where none is needed. */
export type OptionsArgument<Schema extends EventStreamSchema> =
  IsPlain<StreamEventOf<Schema>> extends true
    ? [options?: OpenStreamOptions<Schema>]
    : [options: OpenStreamOptions<Schema>]

/**
 * A stream that was opened.
 *
 * @template Schema what `eventStream` has made
 */
export type SseStream<Schema extends EventStreamSchema = EventStreamSchema> = OpenedStream<StreamEvent<Schema>>

/**
 * A stream that was opened. It is read once: by a loop, or by `text()`. The connection is read only as fast as the loop goes
 * on, and ended when the loop is left, for whatever reason.
 */
export interface OpenedStream<Event> extends AsyncIterable<Event> {
  /** The id of a resumable stream (`x-stream-id`), once its response has begun. */
  readonly id: string | undefined
  /** The id of the last event that was given out. */
  readonly lastEventId: string | undefined
  /** Whether all of the stream has come: not so when it was closed, stopped or left before. */
  readonly complete: boolean
  /** How many times it went on over another connection. */
  readonly reconnects: number

  /**
   * Reads the stream to its end.
   *
   * @returns the text of its `message` events
   * @throws what a loop would throw, and an `AbortError` where the stream is closed or stopped before it is complete
   */
  text(): Promise<string>

  /** Ends the stream and its request at once. A loop over it ends. The source of a resumable stream goes on for a while. */
  close(): void

  /**
   * Ends the stream as `close()` does, and stops its source: sends a DELETE to the stream's own URL, once the id is known.
   *
   * @returns whether the server has confirmed that. It never rejects
   */
  stop(): Promise<boolean>

  /** Tries the connection at once where the stream waits to do so, as when the network is there again. */
  retryNow(): void
}
