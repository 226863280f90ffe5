import type { IncomingHttpHeaders } from 'node:http'
import type { StreamEvent } from '../client/index.js'
import type { ErrorData, EventStreamSchema } from '../plugin/index.js'
import type { InjectSseOptions } from './options.js'

/** The event that says that a stream has failed. */
export interface ErrorEvent {
  readonly event: 'error'
  readonly data: ErrorData
  readonly id: string | undefined
}

/**
 * An event as a client receives it. If the schema of the route is given, it is one of those that the schema declares.
 *
 * @template Schema the type of what `eventStream` returned
 */
export type InjectedEvent<Schema extends EventStreamSchema = EventStreamSchema> = StreamEvent<Schema> | ErrorEvent

/**
 * A response of `injectSse`. Its events are received as they come; those that a loop has left are there for the next.
 *
 * @template Schema the type of what `eventStream` returned
 */
export interface InjectedStream<Schema extends EventStreamSchema = EventStreamSchema>
  extends AsyncIterable<InjectedEvent<Schema>> {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The id of a resumable stream: the header `x-stream-id`. */
  readonly id: string | undefined
  /** The last id that has arrived, also of a block without data (WHATWG HTML, section 9.2.6). */
  readonly lastEventId: string | undefined
  /** The events so far. */
  readonly received: readonly InjectedEvent<Schema>[]
  /** The comments so far, such as heartbeats: each without its colon. */
  readonly comments: readonly string[]
  /** The reconnect delay that the server has asked for last. Milliseconds. */
  readonly retry: number | undefined
  /**
   * What became of the response: `'open'`; `'ended'` by the server; `'truncated'`, if the server broke it off;
   * `'disconnected'`, if `disconnect()` ended it.
   */
  readonly state: 'open' | 'ended' | 'truncated' | 'disconnected'

  /**
   * Waits for the next event, which no loop gives again.
   *
   * @returns `undefined` at the end
   * @throws as a loop does
   */
  next(): Promise<InjectedEvent<Schema> | undefined>

  /**
   * Waits for the end of the response.
   *
   * @returns all events, from the first on
   * @throws SseStreamError `SSE_TRUNCATED` if the server broke it off, `SSE_EVENT_INVALID` for an event that `schema`
   *   does not allow, `SSE_RESPONSE_INVALID` if it is not an event stream. A loop throws the same.
   */
  events(): Promise<InjectedEvent<Schema>[]>

  /**
   * Waits for the end of the response.
   *
   * @returns the data of all `message` events, joined
   * @throws what `events()` throws; SseStreamError with the code of the `error` event, if there is one; a TypeError if
   *   the data of a `message` is not a string
   */
  text(): Promise<string>

  /** Waits for the end of the response. @returns its body as it was sent, however it ended */
  body(): Promise<string>

  /** Waits for the end of the response. @returns its body, parsed: of an error response, for example */
  json(): Promise<unknown>

  /** Leaves, as a closed tab does. Loops end. What had arrived stays. */
  disconnect(): void

  /** Reads nothing more, as a slow client does. The connection holds some 64 KiB; then the source is paused. */
  stall(): void

  /** Reads on after `stall()`. */
  resume(): void

  /**
   * Leaves if it has not, and comes back with the last id, as clients do: with the same request, or to `<url>/<id>` if
   * that was not a GET and the stream is resumable.
   *
   * @param other what to ask differently
   */
  reconnect(other?: Partial<InjectSseOptions<Schema>>): Promise<InjectedStream<Schema>>
}
