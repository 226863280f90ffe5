import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  FST_SSE_CLOSING,
  FST_SSE_ID_INVALID,
  FST_SSE_OPTION_INVALID,
  FST_SSE_POSITION_GONE,
  FST_SSE_STREAM_GONE
} from '../errors.js'
import { protocolNameOf } from '../framing/protocols/protocols.js'
import { codecOf } from '../framing/route-codec.js'
import { Responder } from '../response/responder.js'
import { END_ID, lastEventIdOf } from '../sse/last-event-id.js'
import { isStreamId, newStreamId, parseEventId } from './event-id.js'
import { Follower } from './follower.js'
import type { LiveLog } from './live-log.js'
import { Producer } from './producer.js'
import type { ResumableOptions } from './resumable-options.js'
import type { Access, ResumableStreams } from './resumable-streams.js'

/** How long a source goes on without a client. Milliseconds. */
const GRACE = 30_000

/**
 * Answers with a resumable stream: the one that the client comes back to, or else a new one.
 *
 * @throws FST_SSE_OPTION_INVALID, FST_SSE_ID_INVALID, FST_SSE_CLOSING
 */
export function serveResumable(
  delivery: Responder,
  replay: ResumableStreams,
  source: unknown,
  resumable: ResumableOptions
): FastifyReply {
  const { reply, options, settings } = delivery
  if (typeof source !== 'function') {
    throw new FST_SSE_OPTION_INVALID('resumable', 'takes a function as the source, to be called for new streams only')
  }
  const position = positionOf(reply.request, resumable.id)
  const early = delivery.early(position?.isEnd === true)
  if (early !== undefined) return early
  const claim = accessOf(reply.request, resumable.owner)
  if (position !== undefined) {
    void resume(delivery, replay, position.stream, position.sequence, claim)
    return reply
  }
  if (replay.streams.isClosing) throw new FST_SSE_CLOSING()
  const { id = newStreamId(), onDisconnect = { grace: GRACE } } = resumable
  const order = {
    id,
    meta: { owner: claim === 'open' ? undefined : claim.owner, protocol: protocolNameOf(options.protocol) },
    onDisconnect,
    source,
    options,
    maxEventBytes: settings.maxEventBytes,
    codec: codecOf(reply)
  }
  const generation = new Producer(replay, order, reply)
  // Its signal ends the stream for all who follow it, not only this response.
  const first = new Responder(reply, { ...options, signal: undefined }, replay.streams)
  const follower = new Follower(generation.log, 0, settings.highWaterMark, reply.log, delivery.protocol, generation)
  if (resumable.id === undefined) return first.stream(follower, id)
  void claimOrResume(first, replay, generation, follower, claim)
  return reply
}

/**
 * Answers with a stream that is there already, from its start or from where the client comes back to it.
 *
 * @throws FST_SSE_ID_INVALID
 */
export function serveExisting(
  delivery: Responder,
  replay: ResumableStreams,
  id: string,
  owner: ResumableOptions['owner']
): FastifyReply {
  const { reply } = delivery
  if (!isStreamId(id)) throw new FST_SSE_ID_INVALID('stream id')
  const position = positionOf(reply.request, id)
  const early = delivery.early(position?.isEnd === true)
  if (early !== undefined) return early
  void resume(delivery, replay, id, position?.sequence ?? 0, accessOf(reply.request, owner))
  return reply
}

/** By what right a request asks for a stream. */
function accessOf(request: FastifyRequest, owner: ResumableOptions['owner']): Exclude<Access, 'trusted'> {
  return owner === undefined ? 'open' : { owner: owner(request) }
}

/** Answers with a stream whose id the caller has chosen: the one that is there already, or else a new one. */
async function claimOrResume(
  delivery: Responder,
  replay: ResumableStreams,
  generation: Producer,
  follower: Follower,
  claim: Access
): Promise<void> {
  const { id } = generation.log
  if (await generation.claim()) {
    delivery.streamLate(follower, id)
  } else {
    follower.cancel()
    await resume(delivery, replay, id, 0, claim)
  }
}

/** @param after the number of the last event that the client has, 0 for none */
async function resume(
  delivery: Responder,
  replay: ResumableStreams,
  id: string,
  after: number,
  claim: Access
): Promise<void> {
  try {
    const follower = await replay.find(id, claim, log => {
      checkProtocol(delivery, log)
      return hasAll(log, after)
        ? undefined
        : new Follower(log, after, delivery.settings.highWaterMark, delivery.reply.log, delivery.protocol)
    })
    if (follower === undefined) delivery.nothing()
    else delivery.streamLate(follower, id)
  } catch (error) {
    delivery.fail(error)
  }
}

/**
 * A client that expects one protocol is never sent another.
 *
 * @throws FST_SSE_STREAM_GONE
 */
function checkProtocol({ reply, options }: Responder, { id, meta }: LiveLog): void {
  const asked = protocolNameOf(options.protocol)
  if (meta.protocol === asked) return
  const names = { protocol: meta.protocol ?? 'events', asked: asked ?? 'events' }
  reply.log.warn({ streamId: id, ...names }, 'a stream was asked for in another protocol than its own')
  throw new FST_SSE_STREAM_GONE()
}

/**
 * Whether a client has all of a stream that has ended.
 *
 * @throws FST_SSE_POSITION_GONE
 */
function hasAll({ first, last, end }: LiveLog, after: number): boolean {
  const isBeyond = end?.frame !== undefined && !end.lost && after > last
  if (after < first - 1 || isBeyond) throw new FST_SSE_POSITION_GONE()
  return end?.frame === '' && after === last
}

/**
 * Where a client is that comes back; `undefined` for one that does not.
 *
 * @param id of the stream that it has to be in, where that is known
 * @throws FST_SSE_ID_INVALID
 */
function positionOf({ headers }: FastifyRequest, id: string | undefined) {
  const lastEventId = lastEventIdOf(headers)
  if (lastEventId === undefined) return undefined
  if (lastEventId === END_ID) return { stream: '', sequence: 0, isEnd: true }
  const position = parseEventId(lastEventId)
  if (position === undefined || (id !== undefined && position.stream !== id)) {
    throw new FST_SSE_ID_INVALID('Last-Event-ID')
  }
  return position
}
