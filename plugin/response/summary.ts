import { AsyncResource } from 'node:async_hooks'
import type { FastifyReply } from 'fastify'
import type { StreamLine } from '../framing/stream-line.js'
import type { StreamAbortReason } from '../source/stream-abort.js'
import { logError } from '../util/log.js'
import { isClosed, isHttp2, onOver } from './raw-response.js'

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

/** How the result of a stream is reported. */
export interface SummaryOptions {
  /**
   * Called exactly once, when the response is over. An error that it throws is logged. Default: none.
   *
   * @example
   * ```ts
   * onClose: ({ outcome, duration }) => histogram.record(duration, { outcome })
   * ```
   */
  onClose?: ((summary: StreamSummary) => void) | undefined
}

/** Collects the summary of one response, and reports it when the response is over. */
export class Summary {
  outcome: StreamSummary['outcome'] = 'skipped'
  error: Error | undefined
  bytes = 0
  /** The id of a resumable stream. */
  streamId: string | undefined
  /** Why the stream ended early. */
  reason: StreamAbortReason | undefined
  readonly #reply: FastifyReply
  readonly #onClose: SummaryOptions['onClose']
  readonly #startedAt = performance.now()
  #timeToFirstEvent: number | undefined
  #events = 0
  #isLogged = false

  constructor(reply: FastifyReply, { onClose }: SummaryOptions) {
    this.#reply = reply
    // It runs in the context of the request (S7), whatever ends the response.
    this.#onClose = onClose && AsyncResource.bind(onClose)
  }

  /** Counts events of the source. @returns whether these are the first */
  count(events: number): boolean {
    this.#events += events
    if (this.#timeToFirstEvent !== undefined) return false
    this.#timeToFirstEvent = performance.now() - this.#startedAt
    return true
  }

  /** Reports a response without a stream when it is over. */
  expect(outcome: StreamSummary['outcome'], error?: Error): void {
    this.outcome = outcome
    this.error = error
    const { raw } = this.#reply
    if (isClosed(raw)) this.report(false)
    else onOver(raw, isComplete => this.report(isComplete))
  }

  /** What the log says of the end of the stream, in one line (E5). */
  takeLine(): StreamLine {
    this.#isLogged = true
    return {
      streamId: this.streamId,
      outcome: this.outcome,
      reason: this.reason,
      events: this.#events,
      bytes: this.bytes,
      timeToFirstEvent: this.#timeToFirstEvent,
      duration: performance.now() - this.#startedAt
    }
  }

  /** Logs how the stream ended (E5), and calls `onClose`. @param isComplete whether all was handed to the network */
  report(isComplete: boolean): void {
    const { raw, log } = this.#reply
    if (this.outcome === 'complete' && !isComplete) this.outcome = 'aborted'
    if (this.outcome === 'aborted') this.reason ??= 'left'
    // An error has been logged with the stream, or is an ordinary error response.
    if (!this.#isLogged && this.outcome !== 'skipped' && this.outcome !== 'error') {
      // Fastify itself logs that the client of an HTTP/1.1 response left which had begun.
      const isUnnoticed = this.outcome === 'aborted' && (isHttp2(raw) || !raw.headersSent)
      log.info(this.takeLine(), isUnnoticed ? 'client left' : 'stream closed')
    }
    if (this.#onClose !== undefined) void this.#callOnClose(this.#onClose)
  }

  async #callOnClose(onClose: (summary: StreamSummary) => unknown): Promise<void> {
    const { raw, log } = this.#reply
    const summary: StreamSummary = {
      outcome: this.outcome,
      statusCode: raw.statusCode,
      events: this.#events,
      bytes: this.bytes,
      timeToFirstEvent: this.#timeToFirstEvent,
      duration: performance.now() - this.#startedAt,
      ...(this.outcome === 'error' && this.error !== undefined && { error: this.error })
    }
    try {
      await onClose(summary)
    } catch (error) {
      logError(log, 'error', error, 'onClose failed')
    }
  }
}
