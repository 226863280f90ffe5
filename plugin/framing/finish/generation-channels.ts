import type { FastifyRequest } from 'fastify'
import { channelOf } from '../../observe/channel.js'
import type { StreamFinish } from './stream-finish.js'

/** A run of a source. All messages about it have the same object. */
export interface ObservedGeneration {
  /** The request that started the source. */
  readonly request: FastifyRequest
  /** The id of a resumable stream; `undefined` for any other. */
  readonly streamId: string | undefined
  /** Who runs the model, as `generate.provider` of a ready route says. */
  readonly provider: string | undefined
  /** The name of the model, as `generate.model` of a ready route says. */
  readonly model: string | undefined
}

/** A source is about to be asked for its first item. It is told in the context of the request. */
export interface GenerationStartMessage {
  readonly generation: ObservedGeneration
}

/** What of a run nobody has read. */
export interface Unread {
  /** Events, and items that were read on for the usage alone. */
  readonly events: number
  /** The bytes of these events, without ids. Items that were read on count none. */
  readonly bytes: number
}

/** How a run ended, without the text of its answer. */
export interface GenerationSummary
  extends Pick<StreamFinish, 'outcome' | 'reason' | 'error' | 'usage' | 'timeToFirstEvent' | 'duration'> {
  /** The number of events that the source gave. */
  readonly events: number
  /** Milliseconds that the source waited for slow clients. */
  readonly waited: number
  /** What nobody has read, up to the end of the run. */
  readonly unread: Unread
}

/** A source has ended, for whatever reason. It is told in the context of the request. */
export interface GenerationFinishMessage {
  readonly generation: ObservedGeneration
  readonly summary: GenerationSummary
}

/** What becomes of the runs of sources. */
export const generationChannels = {
  start: channelOf<GenerationStartMessage>('generation.start'),
  finish: channelOf<GenerationFinishMessage>('generation.finish')
}

/** Whether anybody listens. */
export function isGenerationObserved(): boolean {
  return generationChannels.start.hasSubscribers || generationChannels.finish.hasSubscribers
}
