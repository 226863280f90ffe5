import { AsyncResource } from 'node:async_hooks'
import type { FastifyReply } from 'fastify'
import type { StreamAbort } from '../../source/stream-abort.js'
import { laterUsage, type Usage, usageIn } from '../../source/usage.js'
import { awaited } from '../../sse/event.js'
import { type SentEvent, sentEvents } from '../../sse/sent-events.js'
import { logError } from '../../util/log.js'
import type { Deadlines } from '../../util/timing/deadlines.js'
import type { FrameRecord } from './frame-record.js'
import type { Unread } from './generation-channels.js'
import { GenerationObserver } from './generation-observer.js'
import type { FinishSettings, StreamFinish } from './stream-finish.js'

/** What the runs of a server share, whose end is told. */
export interface FinishTracker {
  readonly deadlines: Deadlines
  /** Keeps the server from closing until a promise has settled. It never rejects. */
  track(finished: Promise<void>): void
}

/** The parts of a `Recording`. */
export interface RecordingParts {
  readonly onFinish: FinishSettings['onFinish']
  readonly reply: FastifyReply
  readonly tracker: FinishTracker
  readonly frames: FrameRecord
  readonly usageOf: ((item: never) => unknown) | undefined
  /** The text that an event adds to the answer. */
  readonly textOf: (event: SentEvent) => string | undefined
  readonly streamId: string | undefined
  /** What nobody has read of the events; `undefined` if the source waits for its only client. */
  readonly unread: (() => Unread) | undefined
  /** Whether the diagnostics channels are told of the run. */
  readonly isObserved: boolean
}

/** Records one run of a source, and tells its end once (E8). */
export class Recording {
  readonly #parts: RecordingParts
  #startedAt: number | undefined
  #firstAt: number | undefined
  #usage: Usage | undefined
  /** Whether the usage is no longer looked for, since that has failed. */
  #isBlind = false
  #result: unknown
  readonly #observer: GenerationObserver | undefined
  #events = 0
  /** The number of items that were read on. */
  #dropped = 0
  /** How long the source has waited for room. Milliseconds. */
  waited = 0

  constructor(parts: RecordingParts) {
    const { onFinish, isObserved, reply, streamId } = parts
    // It runs in the context of the request (S7), whatever ends the source.
    this.#parts = { ...parts, onFinish: onFinish && AsyncResource.bind(onFinish) }
    if (isObserved) this.#observer = new GenerationObserver(reply.request, streamId)
  }

  get isStarted(): boolean {
    return this.#startedAt !== undefined
  }

  start(): void {
    if (this.#startedAt !== undefined) return
    this.#startedAt = performance.now()
    this.#observer?.start()
  }

  /** Looks for the usage in an item of the source, or in its return value. */
  see(value: unknown): void {
    if (typeof value !== 'object' || value === null || this.#isBlind) return
    try {
      const { usageOf } = this.#parts
      const usage = usageOf === undefined ? usageIn(value) : (awaited(usageOf(value as never)) ?? usageIn(value))
      if (usage !== undefined) this.#usage = laterUsage(this.#usage, usage)
    } catch (error) {
      this.#isBlind = true
      logError(this.#parts.reply.log, 'error', error, 'the usage of an item cannot be read')
    }
  }

  /** Records the frame of an event. */
  sent(frame: string): void {
    this.#firstAt ??= performance.now()
    this.#events++
    this.#parts.frames.add(frame)
  }

  /** Counts an item that is read on, after the end of the stream. */
  dropped(): void {
    this.#dropped++
  }

  /** Records the return value of the source. */
  returned(value: unknown): void {
    this.#result = value
  }

  /**
   * Calls `onFinish`, and tells the diagnostics channels.
   *
   * @param abort why the source was ended; `undefined` if it came to its end
   * @param endedAt when, by `performance.now()`
   */
  finish(abort: StreamAbort | undefined, error: Error | undefined, endedAt: number): void {
    const { onFinish, tracker } = this.#parts
    const summary = this.#summary(abort, error, endedAt)
    this.#tell(summary)
    if (onFinish !== undefined) tracker.track(this.#call(onFinish, summary))
  }

  #tell({ outcome, reason, error, usage, timeToFirstEvent, duration }: StreamFinish): void {
    if (this.#observer === undefined) return
    const { events = 0, bytes = 0 } = this.#parts.unread?.() ?? {}
    const counts = { events: this.#events, waited: this.waited, unread: { events: events + this.#dropped, bytes } }
    this.#observer.finish({ outcome, reason, error, usage, timeToFirstEvent, duration, ...counts })
  }

  async #call(onFinish: NonNullable<FinishSettings['onFinish']>, finish: StreamFinish): Promise<void> {
    const { reply } = this.#parts
    try {
      // What ends the source goes on first.
      await undefined
      await onFinish(finish)
    } catch (error) {
      logError(reply.log, 'error', error, 'onFinish failed')
    }
  }

  #summary(abort: StreamAbort | undefined, error: Error | undefined, endedAt: number): StreamFinish {
    const { frames, textOf, streamId, reply } = this.#parts
    const startedAt = this.#startedAt as number
    const outcome = outcomeOf(abort, error)
    let events: SentEvent[] | undefined
    return {
      outcome,
      reason: abort?.reason,
      partial: abort !== undefined,
      error: outcome === 'error' ? error : undefined,
      get events() {
        events ??= sentEvents(frames.frames())
        return events
      },
      get text() {
        let text = ''
        for (const event of this.events) text += textOf(event) ?? ''
        return text
      },
      get truncated() {
        return frames.isTruncated
      },
      result: abort === undefined ? this.#result : undefined,
      usage: this.#usage,
      timeToFirstEvent: this.#firstAt === undefined ? undefined : this.#firstAt - startedAt,
      duration: endedAt - startedAt,
      streamId,
      request: reply.request
    }
  }
}

function outcomeOf(abort: StreamAbort | undefined, error: Error | undefined): StreamFinish['outcome'] {
  switch (abort?.reason) {
    case undefined:
      return 'complete'
    case 'left':
    case 'abandoned':
      return 'aborted'
    case 'closing':
      return 'closed'
    case 'stopped':
      return error === undefined ? 'stopped' : 'error'
    default:
      return 'error'
  }
}
