import { AsyncResource } from 'node:async_hooks'
import type { FastifyReply } from 'fastify'
import type { StreamLine } from '../../framing/stream-line.js'
import type { StreamAbortReason } from '../../source/stream-abort.js'
import { logError } from '../../util/log.js'
import { isClosed, isHttp2, onOver } from '../raw-response.js'
import { type ObservedStream, streamChannels } from './stream-channels.js'
import type { StreamSummary } from './stream-summary.js'

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
  /** Milliseconds that the stream has waited for its client. */
  waited = 0
  /** Why the stream ended early. */
  reason: StreamAbortReason | undefined
  /** Whether the source goes on without this response. */
  goesOn = false
  readonly #reply: FastifyReply
  readonly #onClose: SummaryOptions['onClose']
  readonly #startedAt = performance.now()
  #timeToFirstEvent: number | undefined
  #events = 0
  /** Made when somebody listens. */
  #stream: ObservedStream | undefined
  #isOpen = false
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
    const timeToFirstEvent = performance.now() - this.#startedAt
    this.#timeToFirstEvent = timeToFirstEvent
    const { firstEvent } = streamChannels
    if (firstEvent.hasSubscribers) firstEvent.publish({ stream: this.#observed, timeToFirstEvent })
    return true
  }

  /** Called when a response with a stream begins. @param after see `StreamResumeMessage`; `undefined` if it is new */
  open(after: number | undefined): void {
    this.#isOpen = true
    const { open, resume } = streamChannels
    if (open.hasSubscribers) open.publish({ stream: this.#observed })
    if (after !== undefined && resume.hasSubscribers) resume.publish({ stream: this.#observed, after })
  }

  /**
   * Tells that the stream waits for its client.
   *
   * @param drained resolves when it goes on
   * @returns the same, or a promise that resolves at the same time
   */
  waits(drained: Promise<void>): Promise<void> {
    const { wait, drain } = streamChannels
    return wait.hasSubscribers || drain.hasSubscribers ? this.#tellWait(drained) : drained
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
    const { log } = this.#reply
    if (this.outcome === 'complete' && !isComplete) this.outcome = 'aborted'
    if (this.outcome === 'aborted') this.reason ??= 'left'
    // An error has been logged with the stream, or is an ordinary error response.
    if (!this.#isLogged && this.outcome !== 'skipped' && this.outcome !== 'error') {
      log.info(this.takeLine(), this.#message)
    }
    const { close } = streamChannels
    if (this.#isOpen && close.hasSubscribers) {
      close.publish({ stream: this.#observed, summary: this.#summary(), waited: this.waited })
    }
    if (this.#onClose !== undefined) void this.#callOnClose(this.#onClose)
  }

  async #callOnClose(onClose: (summary: StreamSummary) => unknown): Promise<void> {
    try {
      await onClose(this.#summary())
    } catch (error) {
      logError(this.#reply.log, 'error', error, 'onClose failed')
    }
  }

  /** What the log says of the end of the response. */
  get #message(): string {
    const { raw } = this.#reply
    if (this.outcome !== 'aborted') return 'stream closed'
    if (this.goesOn) return 'client left, and the source goes on'
    // Fastify itself logs that the client of an HTTP/1.1 response left which had begun.
    return isHttp2(raw) || !raw.headersSent ? 'client left' : 'stream closed'
  }

  #summary(): StreamSummary {
    return {
      outcome: this.outcome,
      statusCode: this.#reply.raw.statusCode,
      events: this.#events,
      bytes: this.bytes,
      timeToFirstEvent: this.#timeToFirstEvent,
      duration: performance.now() - this.#startedAt,
      ...(this.outcome === 'error' && this.error !== undefined && { error: this.error })
    }
  }

  async #tellWait(drained: Promise<void>): Promise<void> {
    const { wait, drain } = streamChannels
    const stream = this.#observed
    const startedAt = performance.now()
    wait.publish({ stream })
    await drained
    drain.publish({ stream, duration: performance.now() - startedAt })
  }

  get #observed(): ObservedStream {
    this.#stream ??= { request: this.#reply.request, streamId: this.streamId }
    return this.#stream
  }
}
