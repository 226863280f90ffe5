import type { FastifyBaseLogger } from 'fastify'
import { logError } from '../util/log.js'

/** What became of a stream. */
export interface StreamSummary {
  /**
   * - `complete`: the client has the whole answer
   * - `error`: it failed, before or after it began; `error` says why
   * - `aborted`: the client left, or was gone before the source was started
   * - `closed`: the server closed before the stream was over
   * - `skipped`: there was nothing to stream, since the request was a HEAD or the client had had the whole answer
   */
  outcome: 'complete' | 'error' | 'aborted' | 'closed' | 'skipped'
  /** The status of the response. */
  statusCode: number
  /** How many events the source gave, the last one of the stream (`done` or `error`) not counted. */
  events: number
  /** How many bytes were handed to the response: events, comments and heartbeats. */
  bytes: number
  /** Milliseconds from the call of `sseFrom` to the first event; `undefined` where there was none. */
  timeToFirstEvent: number | undefined
  /** Milliseconds from the call of `sseFrom` to the end. */
  duration: number
  /** What the stream failed with, where the outcome is `error`. */
  error?: Error
}

/** Counts what the summary of a stream tells. */
export class Tally {
  readonly #startedAt = performance.now()
  #timeToFirstEvent: number | undefined
  #events = 0
  bytes = 0

  /** Counts events, and says whether they are the first. */
  count(events: number): boolean {
    this.#events += events
    if (this.#timeToFirstEvent !== undefined) return false
    this.#timeToFirstEvent = performance.now() - this.#startedAt
    return true
  }

  summary(outcome: StreamSummary['outcome'], statusCode: number, error: Error | undefined): StreamSummary {
    const summary: StreamSummary = {
      outcome,
      statusCode,
      events: this.#events,
      bytes: this.bytes,
      timeToFirstEvent: this.#timeToFirstEvent,
      duration: performance.now() - this.#startedAt
    }
    return error === undefined ? summary : { ...summary, error }
  }
}

/** Tells the caller what became of its stream. What goes wrong with that goes to the log. */
export function report(
  onClose: ((summary: StreamSummary) => unknown) | undefined,
  summary: StreamSummary,
  log: FastifyBaseLogger
): void {
  const failed = (error: unknown) => logError(log, 'error', error, 'onClose failed')
  try {
    Promise.resolve(onClose?.(summary)).catch(failed)
  } catch (error) {
    failed(error)
  }
}
