import type { FastifyReply } from 'fastify'
import { FST_SSE_CLOSING } from '../errors.js'
import { abortOf } from '../source/abort-of.js'
import { pull } from '../source/pull.js'
import type { SseSource } from '../source/source.js'
import { SourceRun } from '../source/source-run.js'
import { StreamAbort } from '../source/stream-abort.js'
import { ignoreRejection } from '../util/promise.js'
import { TimeSlice } from '../util/time-slice.js'
import { retryAfter } from './close/come-back.js'
import type { OpenStreams } from './open-streams.js'
import { isClosed, onOver } from './raw-response.js'

/**
 * Reads a source to its end, for a response that is sent in one piece. Like the source of a stream, it is cancelled as
 * soon as the client leaves or the server closes (S2, V2).
 *
 * @param onItem called with each item; an error that it throws ends the reading
 * @returns the return value of the source; `undefined` if the client has left
 * @throws FST_SSE_CLOSING if the server closes before the source ends, and any error of the source or of `onItem`
 */
export async function collect(
  source: SseSource<unknown>,
  reply: FastifyReply,
  streams: OpenStreams,
  onItem: (item: unknown) => void
): Promise<{ returned: unknown } | undefined> {
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
  let stop!: (reason: 'left' | 'closing') => void
  const stopped = new Promise<'left' | 'closing'>(resolve => {
    stop = resolve
  })
  const entry = { close: () => stop('closing') }
  streams.add(entry)
  onOver(raw, () => stop('left'))
  let isOpen = true
  const items = {
    next: () => run.next(),
    encode({ done = false, value }: IteratorResult<unknown, unknown>) {
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
    if (abort !== undefined) run.cancel(abort)
    streams.delete(entry)
  }
  const pulled = pull(items, sink, new TimeSlice()).catch(error => {
    if (isOpen) end(abortOf(error))
    throw error
  })
  const result = await Promise.race([pulled, stopped])
  if (result !== 'left' && result !== 'closing') {
    end()
    return result
  }
  end(new StreamAbort(result))
  if (result === 'closing') throw new FST_SSE_CLOSING()
  return logLeft()
}
