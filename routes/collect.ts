import type { FastifyReply } from 'fastify'
import { FST_SSE_CLOSING } from '../plugin/errors.js'
import type { OpenStreams } from '../plugin/response/open-streams.js'
import { isClosed, onOver } from '../plugin/response/raw-response.js'
import { pull } from '../plugin/source/pull.js'
import type { SseSource } from '../plugin/source/source.js'
import { SourceRun } from '../plugin/source/source-run.js'
import { TimeSlice } from '../plugin/util/time-slice.js'

/**
 * Reads a source to its end for a response that is sent as a whole. It is cancelled as that of a stream would be.
 *
 * @param onItem is given every item; what it throws ends the reading
 * @returns what the source returned, or `undefined` where the client has left
 * @throws FST_SSE_CLOSING when the server closes before the source is at its end, and what the source fails with
 */
export async function collect(
  source: SseSource<unknown>,
  reply: FastifyReply,
  streams: OpenStreams,
  onItem: (item: unknown) => void
): Promise<{ returned: unknown } | undefined> {
  if (streams.isClosing) throw new FST_SSE_CLOSING()
  const { raw, log } = reply
  const leave = () => {
    log.info({ outcome: 'aborted' }, 'client left')
    return undefined
  }
  if (isClosed(raw)) return leave()
  const run = new SourceRun(source, reply)
  let stop!: (why: 'left' | 'closing') => void
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
      if (!done) onItem(value)
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
  try {
    const result = await Promise.race([pull(items, sink, new TimeSlice()), stopped])
    if (result === 'closing') throw new FST_SSE_CLOSING()
    if (result === 'left') return leave()
    isOpen = false
    return result
  } finally {
    if (isOpen) run.cancel()
    isOpen = false
    streams.delete(entry)
  }
}
