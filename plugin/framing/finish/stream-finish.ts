import type { FastifyRequest } from 'fastify'
import type { StreamAbortReason } from '../../source/stream-abort.js'
import type { SentEvent } from '../../sse/sent-events.js'

/** How one run of a source ended: what it takes to save its answer, and to count what it cost (E8). */
export interface StreamFinish {
  /**
   * - `complete`: the source came to its end. Whether clients received the whole answer, `onClose` says
   * - `stopped`: the stream was stopped on request
   * - `aborted`: the client left; or, of a resumable stream, all of them, and none came back in time
   * - `closed`: the server closed before the end
   * - `error`: the source or the stream failed; `error` says why
   */
  readonly outcome: 'complete' | 'stopped' | 'aborted' | 'closed' | 'error'
  /** Why the source was ended, as `signal.reason` told it (S8); `undefined` if the outcome is `complete`. */
  readonly reason: StreamAbortReason | undefined
  /** Whether the answer is not whole: the outcome is not `complete`. */
  readonly partial: boolean
  /** The error of the stream, if the outcome is `error`. */
  readonly error: Error | undefined
  /** The text of the answer as far as it came: what the protocol takes for text, or the data of all messages. */
  readonly text: string
  /** The events of the source as they were sent, without the last event of the stream. */
  readonly events: readonly SentEvent[]
  /**
   * Whether `text` and `events` lack what came after `maxEvents` or `maxBytes` of the event store. A resumable stream
   * ends at these limits instead.
   */
  readonly truncated: boolean
  /** The return value of the source; `undefined` if the outcome is not `complete`. */
  readonly result: unknown
  /**
   * How many tokens were used, in the provider's own fields: the last usage that the source yielded or returned. See
   * `usageOf`. `undefined` if there was none.
   */
  readonly usage: Readonly<Record<string, unknown>> | undefined
  /** Milliseconds from the start of the source to its first event; `undefined` if there was none. */
  readonly timeToFirstEvent: number | undefined
  /** Milliseconds from the start of the source to its end. */
  readonly duration: number
  /** The id of a resumable stream; `undefined` for any other. */
  readonly streamId: string | undefined
  /** The request that started the source. */
  readonly request: FastifyRequest
}

/** What happens when a source has ended. */
export interface FinishSettings {
  /**
   * Called once for each run of a source, when it has ended for whatever reason, also if no client is there any more.
   * It is called on the node that ran the source, and not for a source that was never started. `app.close()` waits for
   * it, for at most 10 seconds and within Fastify's `pluginTimeout`. An error that it throws is logged. Default: none.
   *
   * @example
   * ```ts
   * onFinish: ({ text, usage, partial }) => db.messages.insert({ text, usage, partial })
   * ```
   */
  onFinish?: ((finish: StreamFinish) => void | Promise<void>) | undefined
  /**
   * How long a source whose signal was aborted is still read, so that it can give its last usage to `onFinish`. What
   * else it yields is dropped. Then it is cancelled. It does not apply without `onFinish`. Milliseconds. Default: 0,
   * which cancels it at once.
   */
  drainForUsage?: number | undefined
}
