import type { FastifyReply } from 'fastify'
import { FST_SSE_CLOSING, FST_SSE_STREAM_STOPPED } from '../../errors.js'
import { toError } from '../../framing/failure.js'
import { type ProviderKey, toSourceError } from '../../framing/key-refusal.js'
import { endBySignal, onStopSignal, type Stoppable } from '../../framing/stop-signal.js'
import { abortOf } from '../../source/abort-of.js'
import { pull } from '../../source/pull.js'
import type { SourceTimeouts } from '../../source/source-deadlines.js'
import { StreamAbort } from '../../source/stream-abort.js'
import { TimeSlice } from '../../util/timing/time-slice.js'
import { toErrorResponse } from '../error-response.js'
import { RunLimits } from '../limits/run-limits.js'
import type { TakeSlot } from '../limits/slot.js'
import type { OpenStreams } from '../open-streams.js'
import { isClosed, onOver, ownTurn } from '../raw-response.js'
import { closingError } from '../while-open.js'
import { limitWrites } from '../write/write-deadline.js'

type Result = IteratorResult<unknown, unknown>

/** A run of a source whose items become one body. */
export interface CollectedRun<Body> {
  next(): Result | Promise<Result>
  /** Takes a result of `next`. The last one gives the body, or a promise of it. What it throws ends the run. */
  encode(result: Result): Collected<Body>
  /** Cancels the source if it has not ended. @param abort why, `undefined` if it has */
  close(abort?: StreamAbort, error?: Error): void
}

/** What `CollectedRun.encode` makes of a result. */
export interface Collected<Body> {
  readonly isLast: boolean
  /** Given with the last result. */
  readonly body?: Body | Promise<Body>
}

/** What a response in one piece shares with others, and its limits. */
export interface CollectParts {
  readonly reply: FastifyReply
  readonly streams: OpenStreams
  readonly settings: SourceTimeouts & { readonly providerKey: ProviderKey; readonly writeTimeout: number | false }
  readonly takeSlot: TakeSlot
  /** Ends the run when it is aborted. */
  readonly signal?: AbortSignal | undefined
}

/** Why a run ends before its source. `error` is answered; without one, the client has left. */
interface Ending {
  readonly abort: StreamAbort
  readonly error?: Error
}

/**
 * Reads a source to its end, for a response that is sent in one piece. Like the source of a stream, it is cancelled as
 * soon as the client leaves, a deadline passes or the server closes (S2, V2, V5).
 *
 * @returns the body; `undefined` if the client has left
 * @throws FST_SSE_CLOSING if the server closes before the source ends, FST_SSE_FIRST_EVENT_TIMEOUT,
 *   FST_SSE_IDLE_TIMEOUT, FST_SSE_DURATION_EXCEEDED, what `signal` says, those of `takeSlot`, and any error of the
 *   source or of `encode`; ready to be answered (E1)
 */
export async function collect<Body>(run: CollectedRun<Body>, parts: CollectParts): Promise<Body | undefined> {
  const { reply, streams, settings } = parts
  try {
    const body = await read(run, parts)
    // The client may have left while the body was made.
    if (body === undefined || isClosed(reply.raw)) return undefined
    limitWrites(reply, settings.writeTimeout, streams.deadlines)
    return body
  } catch (error) {
    throw toErrorResponse(reply, toSourceError(error, settings.providerKey))
  }
}

async function read<Body>(
  run: CollectedRun<Body>,
  { reply, streams, settings, takeSlot, signal }: CollectParts
): Promise<Body | undefined> {
  const { raw } = reply
  await ownTurn(raw)
  if (streams.isClosing) {
    run.close(new StreamAbort('closing'))
    throw closingError()
  }
  if (isClosed(raw)) {
    run.close(new StreamAbort('left'))
    return undefined
  }
  let isOpen = true
  let stop!: (ending: Ending) => void
  const stopped = new Promise<Ending>(resolve => {
    stop = ending => {
      // The first end counts.
      if (isOpen) resolve(ending)
      isOpen = false
    }
  })
  const stoppable: Stoppable = {
    stop: abort => stop({ abort, error: new FST_SSE_STREAM_STOPPED() }),
    fail: (error, abort) => stop({ abort, error })
  }
  const entry = { close: () => stop({ abort: new StreamAbort('closing'), error: new FST_SSE_CLOSING() }) }
  streams.add(entry)
  onOver(raw, () => stop({ abort: new StreamAbort('left') }))
  const forgetSignal = signal && onStopSignal(signal, stoppable)
  if (signal?.aborted) endBySignal(signal, stoppable)
  const timed = { slice: new TimeSlice(), fail: (error: Error) => stop({ abort: abortOf(error), error }) }
  let isFirst = true
  const limits = new RunLimits(timed, settings, streams.deadlines, takeSlot)
  const start = async (): Promise<Result> => {
    await limits.takeSlot()
    return isOpen ? run.next() : { done: true, value: undefined }
  }
  const items = {
    next: () => (limits.hasSlot ? run.next() : start()),
    encode(result: Result) {
      if (isFirst) limits.deadlines.begin()
      isFirst = false
      return run.encode(result)
    }
  }
  const sink = {
    get isOpen() {
      return isOpen
    },
    room: () => undefined,
    take() {}
  }
  const end = (abort?: StreamAbort, error?: Error) => {
    isOpen = false
    limits.end()
    forgetSignal?.()
    run.close(abort, error)
    streams.delete(entry)
  }
  limits.deadlines.start()
  const pulled = pull(items, sink, timed.slice).catch(thrown => {
    const error = toError(thrown)
    if (isOpen) end(abortOf(error), error)
    throw error
  })
  // What ended it before it began comes first.
  const result = await Promise.race([stopped, pulled])
  if (result !== undefined && 'abort' in result) {
    const { abort, error } = result
    // A stop on request is no error (E5), although a client gets no body.
    end(abort, error instanceof FST_SSE_STREAM_STOPPED ? undefined : error)
    if (error !== undefined) throw error
    return undefined
  }
  end()
  return result?.body
}
