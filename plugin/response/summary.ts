import { AsyncResource } from 'node:async_hooks'
import type { FastifyReply } from 'fastify'
import { logError } from '../util/log.js'
import { isClosed, isHttp2, onOver } from './raw-response.js'

/** What became of a stream. */
export interface StreamSummary {
  /**
   * - `complete`: the client has the whole answer
   * - `error`: it failed, before or after it began; `error` says why
   * - `aborted`: the client left, or had left before the source was started
   * - `closed`: the server closed before the stream was over, or could not reach it for now
   * - `skipped`: there was nothing to stream, since the request was a HEAD or the client had the whole answer already
   */
  outcome: 'complete' | 'error' | 'aborted' | 'closed' | 'skipped'
  /** The status of the response. */
  statusCode: number
  /** How many events the source gave. The last event of the stream (`done` or `error`) is not counted. */
  events: number
  /** How many bytes were handed to the response: events, comments and heartbeats. */
  bytes: number
  /** Milliseconds from the call of `sseFrom` to the first event; `undefined` where there was none. */
  timeToFirstEvent: number | undefined
  /** Milliseconds from the call of `sseFrom` to the end of the response. */
  duration: number
  /** What the stream failed with, where the outcome is `error`. */
  error?: Error
}

/** Who wants to know what became of a stream. */
export interface SummaryOptions {
  /** Called exactly once, when the response is over, with what became of the stream. */
  onClose?: ((summary: StreamSummary) => void) | undefined
}

/** Collects what the summary of one response tells, and reports it once the response is over. */
export class Summary {
  outcome: StreamSummary['outcome'] = 'skipped'
  error: Error | undefined
  bytes = 0
  readonly #reply: FastifyReply
  readonly #onClose: SummaryOptions['onClose']
  readonly #startedAt = performance.now()
  #timeToFirstEvent: number | undefined
  #events = 0

  constructor(reply: FastifyReply, { onClose }: SummaryOptions) {
    this.#reply = reply
    // In the context of the request (S7), whatever ends the response.
    this.#onClose = onClose && AsyncResource.bind(onClose)
  }

  /** Counts events of the source. @returns whether they are the first */
  count(events: number): boolean {
    this.#events += events
    if (this.#timeToFirstEvent !== undefined) return false
    this.#timeToFirstEvent = performance.now() - this.#startedAt
    return true
  }

  /** Reports a response that is sent without a stream, once it is over. */
  expect(outcome: StreamSummary['outcome'], error?: Error): void {
    this.outcome = outcome
    this.error = error
    const { raw } = this.#reply
    if (isClosed(raw)) this.report(false)
    else onOver(raw, isWhole => this.report(isWhole))
  }

  /** @param isWhole whether all of the response was handed to the network */
  report(isWhole: boolean): void {
    const { raw, log } = this.#reply
    if (this.outcome === 'complete' && !isWhole) this.outcome = 'aborted'
    // Fastify has a line of its own for HTTP/1.1 responses that have begun.
    if (this.outcome === 'aborted' && (isHttp2(raw) || !raw.headersSent)) {
      log.info({ outcome: 'aborted' }, 'client left')
    }
    if (this.#onClose !== undefined) void this.#tell(this.#onClose)
  }

  async #tell(onClose: (summary: StreamSummary) => unknown): Promise<void> {
    const { raw, log } = this.#reply
    const summary: StreamSummary = {
      outcome: this.outcome,
      statusCode: raw.statusCode,
      events: this.#events,
      bytes: this.bytes,
      timeToFirstEvent: this.#timeToFirstEvent,
      duration: performance.now() - this.#startedAt,
      ...(this.error !== undefined && { error: this.error })
    }
    try {
      await onClose(summary)
    } catch (error) {
      logError(log, 'error', error, 'onClose failed')
    }
  }
}
