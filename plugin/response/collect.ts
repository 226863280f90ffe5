import type { FastifyReply } from 'fastify'
import { FST_SSE_CLOSING } from '../errors.js'
import type { Chunk } from '../framing/chunk.js'
import { plainCodec } from '../framing/codec.js'
import { toError } from '../framing/failure.js'
import { RecordedChunks, type RecordingOptions } from '../framing/finish/recorded-chunks.js'
import { abortOf } from '../source/abort-of.js'
import { pull } from '../source/pull.js'
import type { SseSource } from '../source/source.js'
import type { SourceTimeouts } from '../source/source-deadlines.js'
import { SourceRun } from '../source/source-run.js'
import { StreamAbort } from '../source/stream-abort.js'
import { END_ID } from '../sse/last-event-id.js'
import { ignoreRejection } from '../util/promise.js'
import { TimeSlice } from '../util/time-slice.js'
import { retryAfter } from './close/come-back.js'
import { RunLimits } from './limits/run-limits.js'
import type { TakeSlot } from './limits/slot.js'
import type { OpenStreams } from './open-streams.js'
import { isClosed, onOver, ownTurn } from './raw-response.js'

type Result = IteratorResult<unknown, unknown>

/** How the end of a source that is collected is told to `onFinish`. */
export interface CollectRecording extends RecordingOptions {
  /** Makes the event of an item, or the data of one. */
  readonly map: (item: unknown) => unknown
}

/** A run of a source that is read to its end. */
interface Run {
  next(): Result | Promise<Result>
  /** Records a result. The last one may take two calls. */
  encode?(result: Result): Chunk
  close(abort?: StreamAbort, error?: Error): void
}

/**
 * Reads a source to its end, for a response that is sent in one piece. Like the source of a stream, it is cancelled as
 * soon as the client leaves, a deadline passes or the server closes (S2, V2, V5).
 *
 * @param onItem called with each item; an error that it throws ends the reading
 * @param onEnd called with the return value of the source
 * @param recording how the end of the source is told to `onFinish`; `undefined` if it is not
 * @returns the result of `onEnd`; `undefined` if the client has left
 * @throws FST_SSE_CLOSING if the server closes before the source ends, FST_SSE_FIRST_EVENT_TIMEOUT,
 *   FST_SSE_IDLE_TIMEOUT, FST_SSE_DURATION_EXCEEDED, those of `takeSlot`, and any error of the source, `onItem` or
 *   `onEnd`
 */
export async function collect<T>(
  source: SseSource<unknown>,
  reply: FastifyReply,
  streams: OpenStreams,
  timeouts: SourceTimeouts,
  takeSlot: TakeSlot,
  onItem: (item: unknown) => void,
  onEnd: (returned: unknown) => T,
  recording?: CollectRecording
): Promise<T | undefined> {
  await ownTurn(reply.raw)
  if (streams.isClosing) {
    reply.header('retry-after', retryAfter())
    throw new FST_SSE_CLOSING()
  }
  const { raw, log } = reply
  const logLeft = () => {
    log.info({ outcome: 'aborted' }, 'client left')
    return undefined
  }
  if (isClosed(raw)) return logLeft()
  const run = runOf(source, reply, recording)
  let stop!: (reason: 'left' | 'closing' | Error) => void
  const stopped = new Promise<'left' | 'closing' | Error>(resolve => {
    stop = resolve
  })
  const entry = { close: () => stop('closing') }
  streams.add(entry)
  onOver(raw, () => stop('left'))
  let isOpen = true
  const timed = { slice: new TimeSlice(), fail: stop }
  let isFirst = true
  const limits = new RunLimits(timed, timeouts, streams.deadlines, takeSlot)
  const start = async (): Promise<IteratorResult<unknown, unknown>> => {
    await limits.takeSlot()
    return isOpen ? run.next() : { done: true, value: undefined }
  }
  const items = {
    next: () => (limits.hasSlot ? run.next() : start()),
    encode(result: Result) {
      const { done = false, value } = result
      if (isFirst) limits.deadlines.begin()
      isFirst = false
      if (done) ignoreRejection(value)
      else onItem(value)
      const ended = done ? onEnd(value) : undefined
      const chunk = run.encode?.(result)
      if (done && chunk?.isLast === false) run.encode?.(result)
      return { isLast: done, ended }
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
    run.close(abort, error)
    streams.delete(entry)
  }
  limits.deadlines.start()
  const pulled = pull(items, sink, timed.slice).catch(thrown => {
    const error = toError(thrown)
    if (isOpen) end(abortOf(error), error)
    throw error
  })
  const result = await Promise.race([pulled, stopped])
  if (result === 'left' || result === 'closing') {
    end(new StreamAbort(result))
    if (result === 'closing') throw new FST_SSE_CLOSING()
    return logLeft()
  }
  if (result instanceof Error) {
    end(abortOf(result), result)
    throw result
  }
  end()
  return result?.ended
}

function runOf(source: SseSource<unknown>, reply: FastifyReply, recording: CollectRecording | undefined): Run {
  if (recording !== undefined) {
    const { map } = recording
    return new RecordedChunks(source, reply, { map }, Number.POSITIVE_INFINITY, plainCodec, END_ID, recording)
  }
  const run = new SourceRun(source, reply)
  return {
    next: () => run.next(),
    close(abort) {
      if (abort !== undefined) run.cancel(abort)
    }
  }
}
