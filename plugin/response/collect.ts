import type { FastifyReply } from 'fastify'
import { FST_SSE_CLOSING } from '../errors.js'
import { abortOf } from '../source/abort-of.js'
import { pull } from '../source/pull.js'
import type { SseSource } from '../source/source.js'
import { SourceDeadlines, type SourceTimeouts } from '../source/source-deadlines.js'
import { SourceRun } from '../source/source-run.js'
import { StreamAbort } from '../source/stream-abort.js'
import { ignoreRejection } from '../util/promise.js'
import { TimeSlice } from '../util/time-slice.js'
import { retryAfter } from './close/come-back.js'
import type { Slot, TakeSlot } from './limits/slot.js'
import type { OpenStreams } from './open-streams.js'
import { isClosed, onOver, ownTurn } from './raw-response.js'

/**
 * Reads a source to its end, for a response that is sent in one piece. Like the source of a stream, it is cancelled as
 * soon as the client leaves, a deadline passes or the server closes (S2, V2, V5).
 *
 * @param onItem called with each item; an error that it throws ends the reading
 * @returns the return value of the source; `undefined` if the client has left
 * @throws FST_SSE_CLOSING if the server closes before the source ends, FST_SSE_FIRST_EVENT_TIMEOUT,
 *   FST_SSE_IDLE_TIMEOUT, FST_SSE_DURATION_EXCEEDED, those of `takeSlot`, and any error of the source or of `onItem`
 */
export async function collect(
  source: SseSource<unknown>,
  reply: FastifyReply,
  streams: OpenStreams,
  timeouts: SourceTimeouts,
  takeSlot: TakeSlot,
  onItem: (item: unknown) => void
): Promise<{ returned: unknown } | undefined> {
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
  const run = new SourceRun(source, reply)
  let stop!: (reason: 'left' | 'closing' | Error) => void
  const stopped = new Promise<'left' | 'closing' | Error>(resolve => {
    stop = resolve
  })
  const entry = { close: () => stop('closing') }
  streams.add(entry)
  onOver(raw, () => stop('left'))
  let isOpen = true
  const timed = { slice: new TimeSlice(), onTimeout: stop }
  let isFirst = true
  let slot: Slot | undefined
  const start = async (): Promise<IteratorResult<unknown, unknown>> => {
    slot = await takeSlot()
    if (isOpen) return run.next()
    slot.release()
    return { done: true, value: undefined }
  }
  const sourceDeadlines = new SourceDeadlines(timed, timeouts, streams.deadlines)
  const items = {
    next: () => (slot === undefined ? start() : run.next()),
    encode({ done = false, value }: IteratorResult<unknown, unknown>) {
      if (isFirst) sourceDeadlines.begin()
      isFirst = false
      if (done) ignoreRejection(value)
      else onItem(value)
      return { isLast: done, returned: value }
    }
  }
  const sink = {
    get isOpen() {
      return isOpen
    },
    room: () => undefined,
    take() {}
  }
  const end = (abort?: StreamAbort) => {
    isOpen = false
    sourceDeadlines.stop()
    slot?.release()
    if (abort !== undefined) run.cancel(abort)
    streams.delete(entry)
  }
  sourceDeadlines.start()
  const pulled = pull(items, sink, timed.slice).catch(error => {
    if (isOpen) end(abortOf(error))
    throw error
  })
  const result = await Promise.race([pulled, stopped])
  if (result === 'left' || result === 'closing') {
    end(new StreamAbort(result))
    if (result === 'closing') throw new FST_SSE_CLOSING()
    return logLeft()
  }
  if (result instanceof Error) {
    end(abortOf(result))
    throw result
  }
  end()
  return result
}
