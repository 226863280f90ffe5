import type { DataOutput } from '../plugin/schema/data-schema.js'
import type { EventMap, EventStreamSchema } from '../plugin/schema/event-schema.js'
import type { SseStreamError } from './errors.js'

/** The events of a schema. */
export type EventsOfSchema<Schema> = Schema extends EventStreamSchema<infer Events> ? Events : never

/** Whether nothing is known of the events. */
export type IsUntyped<Events> = string extends keyof Events ? true : false

/** Whether the server may send data of this type as text. It sends strings as they are, and anything else as JSON. */
type MayBeText<Data> = unknown extends Data ? true : [Extract<Data, string>] extends [never] ? false : true

/** The data as the client reads it. If it may be a string or something else, the two cannot be told apart. */
type Received<Data> = unknown extends Data
  ? string
  : [Data] extends [string]
    ? Data
    : MayBeText<Data> extends true
      ? Data | string
      : Data

/** The data of each event except `error`, which is thrown. */
type DataByName<Events extends EventMap> = {
  [Name in Exclude<keyof Events | 'done' | 'stopped', 'error'>]: Name extends keyof Events
    ? Received<DataOutput<Events[Name]>>
    : Record<string, never>
}

interface EventWith<Name, Data> {
  /** The name of the event: `message` if the server sent none. */
  readonly event: Name
  readonly data: Data
  /** The position of the stream after this event, if the server sent one: the `lastEventId` to resume from. */
  readonly id: string | undefined
}

type AnyOf<Data> = { [Name in keyof Data]: EventWith<Name, Data[Name]> }[keyof Data]

/**
 * An event of a stream. If the schema of the route is known, it is one of the events that the schema declares, and
 * `event` tells which. Otherwise it may have any name, and its data is `unknown`.
 *
 * ```ts
 * function show(event: StreamEvent<typeof Tokens>) {
 *   if (event.event === 'message') output.append(event.data) // a string
 * }
 * ```
 *
 * @template Schema the type of what `eventStream` returned
 */
export type StreamEvent<Schema extends EventStreamSchema = EventStreamSchema> =
  IsUntyped<EventsOfSchema<Schema>> extends true
    ? EventWith<string, unknown>
    : AnyOf<DataByName<EventsOfSchema<Schema>>>

/** How the data of an event is read: `'text'` as it was sent, `'json'` as JSON. */
export type Decoding = 'text' | 'json'

/** The events whose data would be misread by default, each with the right decoding. */
export type RequiredDecoding<Events extends EventMap> = {
  readonly [Name in keyof Events as Name extends 'error'
    ? never
    : Name extends 'message'
      ? MayBeText<DataOutput<Events[Name]>> extends true
        ? never
        : Name
      : MayBeText<DataOutput<Events[Name]>> extends true
        ? Name
        : never]: Name extends 'message' ? 'json' : 'text'
}

/**
 * A stream that `openStream` returned.
 *
 * @template Schema the type of what `eventStream` returned
 */
export type SseStream<Schema extends EventStreamSchema = EventStreamSchema> = OpenedStream<StreamEvent<Schema>>

/**
 * A stream that `openStream` returned. It can be read once: by a loop, or by `text()`. The connection is read only as
 * fast as the loop runs, and it ends when the loop is left, for whatever reason.
 *
 * A loop throws an `SseStreamError` if the stream fails, the reason of `signal` if that is aborted, and whatever a
 * callback of the options throws.
 */
export interface OpenedStream<Event> extends AsyncIterable<Event> {
  /**
   * The id of a resumable stream, from the header `x-stream-id` of its response. `undefined` until the response has
   * begun, and for a stream that is not resumable. A page from another origin sees it only with
   * `Access-Control-Expose-Headers: x-stream-id`.
   */
  readonly id: string | undefined
  /**
   * The position that the stream resumes from: the last id up to the event that was given out last. An id without an
   * event counts, too.
   */
  readonly lastEventId: string | undefined
  /** Whether the whole stream was given out. `false` if it failed, or was closed, stopped or left before its end. */
  readonly complete: boolean
  /**
   * Whether the stream was stopped on request: by `stop()` of this client, or, as the server said, by that of another
   * one. The loop then ends without an error, in the latter case after the event `stopped`.
   */
  readonly stopped: boolean
  /**
   * Why the last `stop()` could not ask the server, which may still run the stream: no response (`SSE_UNREACHABLE`), an
   * error response other than 404 and 410, or a stream whose id is not known (`SSE_ID_UNKNOWN`). `undefined` if it was
   * asked.
   */
  readonly stopError: SseStreamError | undefined
  /** How many times the stream was continued over another connection. */
  readonly reconnects: number

  /**
   * Reads the stream to its end.
   *
   * ```ts
   * const answer = await openStream('/stream', { body: { prompt } }).text()
   * ```
   *
   * @returns the data of all `message` events, joined
   * @throws what a loop would throw; a `TypeError` if the data of a `message` is not a string; a `DOMException` named
   *   `AbortError` if the stream is closed or stopped before it is complete
   */
  text(): Promise<string>

  /**
   * Ends the stream and its request at once, and a loop over it without an error. A resumable source continues for a
   * while.
   */
  close(): void

  /**
   * Ends the stream as `close()` does, and stops its source: sends a `DELETE` to the URL of the stream. If the response
   * has not begun, its head is awaited first for at most `idleTimeout`, since only the head tells the id.
   *
   * ```ts
   * if (!(await stream.stop()) && stream.stopError) show(`still running: ${stream.stopError.message}`)
   * ```
   *
   * @returns whether the server has confirmed the stop, now or before. `false` if there is nothing to stop: a stream
   *   that is complete or that the server does not know. Also `false` if the server could not be asked, which
   *   `stopError` tells. Never rejects.
   */
  stop(): Promise<boolean>

  /**
   * Ends the wait for the next connection, if there is one, even if the server asked for a longer one. A browser that
   * is online again needs no call: see the option `wake`.
   */
  retryNow(): void
}
