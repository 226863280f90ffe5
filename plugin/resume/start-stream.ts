import type { FastifyReply } from 'fastify'
import { FST_SSE_OPTION_INVALID } from '../errors.js'
import type { TakeSlot } from '../response/limits/slot.js'
import type { OpenStreams } from '../response/open-streams.js'
import { closingError, untilClosed } from '../response/while-open.js'
import { isPromiseLike } from '../util/promise.js'
import { ownerOf } from './owner.js'
import { newProducer } from './producer/new-producer.js'
import type { ProducerSource } from './producer/stream-request.js'
import type { ResumableOptions } from './resumable-options.js'
import type { ResumableStreams } from './resumable-streams.js'

/** What became of `reply.sseStart`. */
export interface StartedStream {
  /** The id of the stream, for `reply.sseResume` and `app.sseStreams`. */
  readonly id: string
  /** Whether the stream is new. If not, its owner has one with this id already. */
  readonly isNew: boolean
}

/**
 * Starts a resumable stream that no client follows.
 *
 * @throws FST_SSE_OPTION_INVALID, FST_SSE_CLOSING, FST_SSE_SERVER_BUSY, FST_SSE_OWNER_BUSY, FST_SSE_OWNER_INVALID, and
 *   any error of `owner`
 */
export async function startStream(
  streams: ResumableStreams,
  takeSlot: TakeSlot,
  reply: FastifyReply,
  source: ProducerSource,
  { id, onDisconnect = 'continue', ...whose }: ResumableOptions
): Promise<StartedStream> {
  if (typeof source.source !== 'function') {
    throw new FST_SSE_OPTION_INVALID('source', 'takes a function, called only for new streams')
  }
  if (onDisconnect === 'abort') {
    throw new FST_SSE_OPTION_INVALID('resumable.onDisconnect', "takes 'continue' or { grace }: there is no client yet")
  }
  const { openStreams } = streams
  const known = await whileServing(ownerOf(reply.request, whose), openStreams)
  const { owner } = streams.accessOf(known, true)
  const producer = newProducer(streams, takeSlot, reply, source, id, onDisconnect, owner)
  try {
    await whileServing(producer.takeSlot(), openStreams)
    const isNew = await streams.claim(producer)
    if (isNew && openStreams.isClosing && !producer.isOpen) throw closingError()
    return { id: producer.log.id, isNew }
  } finally {
    // If it has the id, it goes on like a stream whose first client has left.
    producer.onFirstClientLeft(false)
  }
}

/**
 * Waits for what comes before the source may start.
 *
 * @throws FST_SSE_CLOSING if the server has begun to close meanwhile, and whatever a promise rejects with
 */
async function whileServing<T>(awaited: T | Promise<T>, streams: OpenStreams): Promise<T> {
  const value = isPromiseLike(awaited) ? await untilClosed(awaited, streams) : awaited
  if (streams.isClosing) throw closingError()
  return value
}
