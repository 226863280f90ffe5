import type { FastifyReply } from 'fastify'
import { FST_SSE_CLOSING } from '../errors.js'
import type { OpenStreams } from './open-streams.js'
import { isClosed, onOver } from './raw-response.js'

/**
 * Waits for something of the application's, but not for longer than its client and its server are there. What comes
 * later is ignored, also an error.
 *
 * @returns `undefined` if the client has left first
 * @throws FST_SSE_CLOSING if the server closes first, and whatever the promise rejects with
 */
export async function whileOpen<T>(
  promise: PromiseLike<T>,
  { raw }: FastifyReply,
  streams: OpenStreams
): Promise<{ readonly value: T } | undefined> {
  let stop!: (reason: 'left' | 'closing') => void
  const stopped = new Promise<'left' | 'closing'>(resolve => {
    stop = resolve
  })
  const entry = { close: () => stop('closing') }
  streams.add(entry)
  if (isClosed(raw)) stop('left')
  else onOver(raw, () => stop('left'))
  try {
    const result = await Promise.race([promise.then(value => ({ value })), stopped])
    if (result === 'closing') throw new FST_SSE_CLOSING()
    return result === 'left' ? undefined : result
  } finally {
    streams.delete(entry)
  }
}
