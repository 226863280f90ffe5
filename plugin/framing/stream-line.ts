import type { StreamAbortReason } from '../source/stream-abort.js'

/**
 * What each line of the log has that says how a stream ended. What is not known is left out.
 *
 * The line is about one response, or about the run of a resumable source that no response reports.
 */
export interface StreamLine {
  /** The id of a resumable stream. */
  readonly streamId: string | undefined
  /** See `StreamSummary`. */
  readonly outcome: 'complete' | 'error' | 'stopped' | 'aborted' | 'closed' | 'skipped'
  /** Why the stream ended early: the `reason` of a `StreamAbort` (S8). */
  readonly reason: StreamAbortReason | undefined
  /** The number of events of the source so far. */
  readonly events: number
  /** The number of bytes so far: handed to the response, or of the events of a run. */
  readonly bytes: number
  /** Milliseconds from the start to the first event. */
  readonly timeToFirstEvent: number | undefined
  /** Milliseconds from the start to the end. */
  readonly duration: number
}
