import type { SseEvent } from '../../sse/event.js'
import type { ErrorData } from '../failure.js'

/**
 * How a stream is framed, where its clients expect something else than the plugin's own events.
 *
 * The plugin keeps to itself what all protocols have in common: the wire format of events, heartbeats, the limits, the
 * ids of resumable streams, and that what fails before the first event is an ordinary error response.
 *
 * @template Item what a source yields, or what `map` makes of that
 */
export interface Protocol<Item = never> {
  /** Headers of the response beside those of every event stream, or in place of them. What the handler has set wins. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * Whether clients come back by themselves after any end of a response, as EventSource does. The last event of a stream
   * then has the id that stops them (`END_ID`), and while the event store is away they are told to come back later. A
   * client that does not gets a 503 then. Default: `false`.
   */
  readonly reconnects?: boolean | undefined
  /** Called once for each stream, before its first item. What it returns may remember what it has been given. */
  start(): ProtocolStream<Item>
}

/**
 * Makes the events of one stream. All of it is synchronous, and is called in this order: `item` for each item, then
 * `end` or `error`, or neither where the client leaves.
 *
 * What an event carries is sent as for any event: a string as it is, anything else as JSON. The events of a resumable
 * stream must have no `id`.
 */
export interface ProtocolStream<Item = never> {
  /** The event of one item; `undefined` for none. What it throws ends the stream as an error of the source would. */
  item(item: Item): SseEvent | undefined
  /**
   * What comes last of a source that has come to its end: an event, several that are sent at once, or `undefined` for none.
   *
   * @param returned what the source returned
   * @throws where the answer is not whole: it then ends with `error`, and never as a whole one would
   */
  end(returned: unknown): SseEvent | readonly SseEvent[] | undefined
  /** The last event of a stream that has failed after it had begun. Nothing comes after it. */
  error(failure: ErrorData): SseEvent
}

/** What a protocol of the plugin is told when a stream begins. */
export interface StreamContext {
  /** The option `end` of the stream. */
  readonly end: false | string | SseEvent | undefined
  /** The data of the last event, from what the source returned. */
  result(returned: unknown): unknown
}

/** A protocol of the plugin. It may pass on items as they are, which are then sent as the plugin sends items (W4). */
export interface BuiltInProtocol {
  readonly headers?: Protocol['headers']
  readonly reconnects?: Protocol['reconnects']
  start(context: StreamContext): ItemStream
}

/** The part of `ProtocolStream` that frames are made with. */
export interface ItemStream extends Omit<ProtocolStream<never>, 'item'> {
  item(item: never): unknown
}
