import type { FastifyReply } from 'fastify'
import { FST_SSE_CLOSING } from '../plugin/errors.js'
import { isClosed } from '../plugin/response.js'
import { isPromiseLike, type SseSource } from '../plugin/source.js'
import { SourceRun } from '../plugin/source-run.js'
import type { Streams } from '../plugin/streams.js'
import { Turn } from '../plugin/turn.js'

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
  streams: Streams,
  onItem: (item: unknown) => void
): Promise<{ returned: unknown } | undefined> {
  streams.refuseWhenClosing()
  const { raw, log } = reply
  if (isClosed(raw)) return undefined
  const run = new SourceRun(source, reply.request, error =>
    log.debug({ err: error }, 'the source of an ended request failed')
  )
  let live = true
  let onClose = () => {}
  const left = new Promise<undefined>(resolve => {
    onClose = () => resolve(undefined)
  })
  raw.once('close', onClose)
  let entry = { close: () => {} }
  const closing = new Promise<never>((_resolve, reject) => {
    entry = { close: () => reject(new FST_SSE_CLOSING()) }
  })
  streams.add(entry)
  try {
    const result = await Promise.race([pull(), left, closing])
    if (result === undefined) log.info({ outcome: 'aborted' }, 'client left')
    else live = false
    return result
  } finally {
    if (live) run.cancel()
    live = false
    raw.removeListener('close', onClose)
    streams.delete(entry)
  }

  async function pull(): Promise<{ returned: unknown } | undefined> {
    const iterator = await run.start()
    const turn = new Turn()
    while (live) {
      if (turn.isOver()) await turn.next()
      const next = iterator.next()
      const { done, value } = isPromiseLike(next) ? await next : next
      if (done) return { returned: value }
      if (live) onItem(value)
    }
    return undefined
  }
}
