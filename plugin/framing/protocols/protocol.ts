import type { SseEvent } from '../../sse/event.js'
import type { ErrorData } from '../failure.js'

/**
 * The framing of a stream, for clients that do not read the plugin's own events.
 *
 * The plugin itself does what all protocols share: the wire format of events, heartbeats, the limits, the ids of
 * resumable streams, and the error response for a source that fails before its first event.
 *
 * @example
 * ```ts
 * const tokens: Protocol<string> = {
 *   start: () => ({
 *     item: token => ({ data: { token } }),
 *     end: () => ({ data: { done: true } }),
 *     error: ({ code, message }) => ({ data: { error: { code, message } } })
 *   })
 * }
 * reply.sseFrom(source, { protocol: tokens })
 * ```
 *
 * @template Item an item of the source, or the result of `map`
 */
export interface Protocol<Item = never> {
  /** Headers of the response. They replace those of every event stream, but not those that the handler has set. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * Whether clients reconnect by themselves after every end of a response, as EventSource does. If so, the last event
   * of a stream has the id that stops them (`END_ID`), and they are asked to reconnect later while the event store
   * cannot be reached. Other clients get a 503 then. Default: `false`.
   */
  readonly reconnects?: boolean | undefined
  /**
   * Whether `sseResume` answers 204 where there is no such stream, as clients expect that ask without knowing whether
   * there is one. Default: `false`, which answers 404 or 410.
   */
  readonly resumesNothing?: boolean | undefined
  /**
   * The text that an event adds to the answer, for the `text` of `onFinish`. Default: none, so that this is empty.
   *
   * @param data the data of the event as it was sent
   * @param name the name of the event, `message` if it has none
   */
  text?(data: string, name: string): string | undefined
  /** Called once for each stream, before its first item. The object that it returns may keep state. */
  start(): ProtocolStream<Item>
}

/**
 * Makes the events of one stream. All methods are synchronous, and are called in this order: `item` for each item, then
 * `rest` and `end`, `error` or `stopped`, or none of them if the client leaves.
 *
 * The data of an event is sent as usual: a string as it is, anything else as JSON. The events of a resumable stream
 * must not have an `id`.
 *
 * @template Item an item of the source, or the result of `map`
 */
export interface ProtocolStream<Item = never> {
  /**
   * Makes the events of an item: one, several that are sent together, or `undefined` for none. An error that it throws
   * ends the stream like one of the source.
   */
  item(item: Item): SseEvent | readonly SseEvent[] | undefined
  /** Makes the events of items that are left when the source has ended, before `end`. Default: none. */
  rest?(): readonly SseEvent[]
  /**
   * Makes the end of a stream whose source has ended: one event, several that are sent together, or `undefined` for
   * none.
   *
   * @param returned the return value of the source
   * @throws if the answer is not complete; the stream then ends with `error`
   */
  end(returned: unknown): SseEvent | readonly SseEvent[] | undefined
  /** Makes the last event of a stream that fails after it has begun, or several that are sent together. */
  error(failure: ErrorData): SseEvent | readonly SseEvent[]
  /**
   * Makes the end of a stream that was stopped on request: one event, several that are sent together, or `undefined`
   * for none. Default: that of `error`, for FST_SSE_STREAM_STOPPED.
   */
  stopped?(): SseEvent | readonly SseEvent[] | undefined
}

/** What a built-in protocol receives when a stream begins. */
export interface StreamContext {
  /** The `end` option of the stream. */
  readonly end: false | string | SseEvent | undefined
  /** Makes the data of the last event from the return value of the source. */
  result(returned: unknown): unknown
}

/**
 * A built-in protocol. Unlike a `Protocol`, it may return items that are not events, which are then sent as W4 says.
 */
export interface BuiltInProtocol {
  readonly headers?: Protocol['headers']
  readonly reconnects?: Protocol['reconnects']
  readonly resumesNothing?: Protocol['resumesNothing']
  /** Whether `item` returns items that are not events. A list is data then, not several events. */
  readonly isVerbatim?: boolean
  text?(data: string, name: string): string | undefined
  start(context: StreamContext): ItemStream
}

/** A `ProtocolStream` whose `item` may return any item. */
export interface ItemStream extends Omit<ProtocolStream<never>, 'item'> {
  item(item: never): unknown
}
