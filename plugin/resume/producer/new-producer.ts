import type { FastifyReply } from 'fastify'
import { chunksOf, isRecorded, type RecordingOptions } from '../../framing/finish/recorded-chunks.js'
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
  const recording = isRecorded(settings) && !isRecord ? makeRecording() : undefined
  const chunks = chunksOf(recording, source, reply, options, settings.maxEventBytes, codecOf(reply), undefined)
  const { signal } = options
  const request = { id, meta, onDisconnect, chunks, signal, settings, isRecord, takeSlot: () => takeSlot(owner) }
  const producer = new Producer(context, request, reply)
  return producer

  function makeRecording(): RecordingOptions {
    const { onFinish, drainForUsage } = settings
    // The log has the frames already.
    const frames = { isTruncated: false, add() {}, frames: () => producer.log.after(0, producer.log.last) }
    const unread = () => producer.unread
    return { onFinish, drainForUsage, tracker: context.openStreams, streamId: id, frames, unread }
  }
}
