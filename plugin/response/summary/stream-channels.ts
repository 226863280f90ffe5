import type { FastifyRequest } from 'fastify'
import { channelOf } from '../../observe/channel.js'
import type { StreamSummary } from './stream-summary.js'

/** A response with a stream. All messages about it have the same object. */
export interface ObservedStream {
  readonly request: FastifyRequest
  /** The id of a resumable stream; `undefined` for any other. */
  readonly streamId: string | undefined
}

/** What each message about a response has. */
export interface StreamMessage {
  readonly stream: ObservedStream
}

/** The first event goes to the client. */
export interface StreamFirstEventMessage extends StreamMessage {
  /** Milliseconds from the call of `reply.sseFrom` or `reply.sseResume`. */
  readonly timeToFirstEvent: number
}

/** The client reads again. */
export interface StreamDrainMessage extends StreamMessage {
  /** Milliseconds that the stream has waited for it. */
  readonly duration: number
}

/** A client follows a stream that was there before. */
export interface StreamResumeMessage extends StreamMessage {
  /** The number of the last event that the client has; 0 if it reads the stream from its start. */
  readonly after: number
}

/** The response is over. */
export interface StreamCloseMessage extends StreamMessage {
  /** The same as `onClose` is told. */
  readonly summary: StreamSummary
  /** Milliseconds that the stream has waited for its client, in all. */
  readonly waited: number
}

/** What becomes of responses. */
export const streamChannels = {
  open: channelOf<StreamMessage>('stream.open'),
  firstEvent: channelOf<StreamFirstEventMessage>('stream.first-event'),
  wait: channelOf<StreamMessage>('stream.wait'),
  drain: channelOf<StreamDrainMessage>('stream.drain'),
  resume: channelOf<StreamResumeMessage>('stream.resume'),
  close: channelOf<StreamCloseMessage>('stream.close')
}
