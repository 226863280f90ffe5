import type { FastifyReply } from 'fastify'
import { chunksOf, isRecorded } from '../../framing/finish/recorded-chunks.js'
import { protocolNameOf } from '../../framing/protocols/protocols.js'
import { codecOf } from '../../framing/route-codec.js'
import type { TakeSlot } from '../../response/limits/slot.js'
import { newStreamId } from '../log/event-id.js'
import { newGeneration } from '../log/generation.js'
import type { OnDisconnect } from '../resumable-options.js'
import { streamKey } from '../stream-key.js'
import { Producer, type ProducerContext } from './producer.js'
import type { ProducerSource } from './stream-request.js'

/**
 * Makes the producer of a new stream.
 *
 * @param chosen the id that the application chose, which may have had other streams; `undefined` for a random one
 * @param owner the hash of the owner; `undefined` for none
 * @throws FST_SSE_EVENT_INVALID if the `event` of the options cannot be sent, and any error of a custom protocol
 */
export function newProducer(
  context: ProducerContext,
  takeSlot: TakeSlot,
  reply: FastifyReply,
  { source, options, settings, isRecord = false }: ProducerSource,
  chosen: string | undefined,
  onDisconnect: OnDisconnect,
  owner: string | undefined
): Producer {
  const id = chosen ?? newStreamId()
  const generation = chosen === undefined ? '' : newGeneration()
  const meta = { key: streamKey(id, owner), owner, protocol: protocolNameOf(options.protocol), generation }
  const { maxEventBytes, onFinish, drainForUsage } = settings
  const told = { onFinish, drainForUsage, tracker: context.openStreams, streamId: id, unread: () => producer.unread }
  const frames = { isTruncated: false, add() {}, frames: () => producer.log.after(0, producer.log.last) }
  const recording = isRecorded(settings) && !isRecord ? { ...told, frames } : undefined
  const chunks = chunksOf(recording, source, reply, options, maxEventBytes, codecOf(reply), undefined)
  const { signal } = options
  const request = { id, meta, onDisconnect, chunks, signal, settings, takeSlot: () => takeSlot(owner) }
  const producer = new Producer(context, request, reply)
  return producer
}
