import type { FastifyReply } from 'fastify'
import { FST_SSE_CLOSING } from '../errors.js'
import { retryAfter } from './close/come-back.js'
import type { OpenStreams } from './open-streams.js'
import { isClosed, onOver } from './raw-response.js'

/**
 * Waits for something of the application's or of the store's, but not for longer than its client and its server are
 * there. What comes later is ignored, also an error. The server may have begun to close meanwhile.
 *
 * @returns `undefined` if the client has left first
 * @throws FST_SSE_CLOSING if the server closes first, and whatever the promise rejects with
 */
export async function whileOpen<T>(
  promise: PromiseLike<T>,
  { raw }: FastifyReply,
  streams: OpenStreams
): Promise<{ readonly value: T } | undefined> {
  let leave!: (left: undefined) => void
  const left = new Promise<undefined>(resolve => {
    leave = resolve
  })
  if (isClosed(raw)) leave(undefined)
  else onOver(raw, () => leave(undefined))
  const found = promise.then(value => ({ value }))
  return untilClosed(Promise.race([found, left]), streams)
}

/**
 * Waits for a promise, but not for longer than its server is there. What comes later is ignored, also an error. The
 * server may have begun to close meanwhile.
 *
 * @throws FST_SSE_CLOSING if the server closes first, and whatever the promise rejects with
 */
export async function untilClosed<T>(promise: PromiseLike<T>, streams: OpenStreams): Promise<T> {
  let close!: (reason: Error) => void
  const closed = new Promise<never>((_resolve, reject) => {
    close = reject
  })
  const entry = { close: () => close(closingError()) }
  streams.add(entry)
  try {
    return await Promise.race([promise, closed])
  } finally {
    streams.delete(entry)
  }
}

/** Says that the server closes, and when the client may try again (V2). */
export function closingError(): Error {
  return Object.assign(new FST_SSE_CLOSING(), { headers: { 'retry-after': retryAfter() } })
}
