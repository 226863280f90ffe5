/** The result of one stream, for metrics and logs (E8). */
export interface StreamSummary {
  /**
   * - `complete`: the whole answer was handed to the network
   * - `error`: the stream failed, before or after it began; `error` says why
   * - `stopped`: the stream was stopped on request
   * - `aborted`: the client left, or had left before the source started
   * - `closed`: the server closed before the end of the stream, or the event store could not be reached
   * - `skipped`: there was nothing to stream: the request was a HEAD, the client already had the whole answer, or a
   *   hook replaced the body
   */
  outcome: 'complete' | 'error' | 'stopped' | 'aborted' | 'closed' | 'skipped'
  /** The status of the response. */
  statusCode: number
  /** The number of events of the source. The last event of the stream (`done` or `error`) is not counted. */
  events: number
  /** The number of bytes handed to the response: events, comments and heartbeats. */
  bytes: number
  /** Milliseconds from the call of `sseFrom` to the first event; `undefined` if there was none. */
  timeToFirstEvent: number | undefined
  /** Milliseconds from the call of `sseFrom` to the end of the response. */
  duration: number
  /** The error of the stream, if the outcome is `error`. */
  error?: Error
}
