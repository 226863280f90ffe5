/**
 * A whole answer, from which the `json` option makes one body.
 *
 * @template Event the events that the route declares
 * @template Result the return value of the source
 */
export interface CollectedAnswer<Event = { readonly event: string; readonly data: unknown }, Result = unknown> {
  /** The text of the answer: what the protocol takes for text, or the data of all messages. */
  readonly text: string
  /**
   * The events of the source as a client of the stream reads them, without the last event of the stream. `event` is
   * `'message'` for one without a name. On a route without a schema, data that was not given as text is what its JSON
   * says.
   */
  readonly events: readonly Event[]
  /** The return value of the source. */
  readonly result: Result
}
