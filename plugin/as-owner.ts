import type { FastifyReply } from 'fastify'
import type { OpenStreams } from './response/open-streams.js'
import { whileOpen } from './response/while-open.js'
import { type OwnerOptions, ownerOf } from './resume/owner.js'
import { isPromiseLike } from './util/promise.js'

/** Answers a request with what is known by then. */
export type Answer<T> = (value: T) => FastifyReply | Promise<FastifyReply>

/**
 * Answers a request once its owner is known. Every ready route asks for an owner here, so that none waits for one
 * longer than its client and its server are there (V2).
 *
 * @returns the reply, which has no answer if the client has left first
 * @throws FST_SSE_OWNER_INVALID, FST_SSE_CLOSING, and any error of `owner` or of `answer`
 */
export async function asOwner(
  reply: FastifyReply,
  streams: OpenStreams,
  whose: OwnerOptions,
  answer: Answer<string | undefined>
): Promise<FastifyReply> {
  return answerWith(reply, streams, ownerOf(reply.request, whose), answer)
}

/**
 * Answers a request with something of the application's, but waits for it no longer than its client and its server are
 * there.
 *
 * @returns the reply, which has no answer if the client has left first
 * @throws FST_SSE_CLOSING, whatever the promise rejects with, and any error of `answer`
 */
export async function answerWith<T>(
  reply: FastifyReply,
  streams: OpenStreams,
  awaited: T | PromiseLike<T>,
  answer: Answer<T>
): Promise<FastifyReply> {
  if (!isPromiseLike(awaited)) return answer(awaited)
  const known = await whileOpen(awaited, reply, streams)
  if (known !== undefined) return answer(known.value)
  logLeft(reply)
  return reply
}

/** Says that a client has left before its answer began. */
export function logLeft({ log }: FastifyReply): void {
  log.info({ outcome: 'aborted', reason: 'left' }, 'client left')
}
