import type { FastifyReply } from 'fastify'
import { FST_SSE_CLOSING, FST_SSE_OPTION_INVALID } from './errors.js'
import { OwnSource } from './framing/chunk-source.js'
import { plainCodec } from './framing/frame-encoder.js'
import { codecOf } from './framing/route-codec.js'
import { checkStreamOptions, type ResumeOptions, resumableOf, type StreamOptions } from './options.js'
import type { OpenStreams } from './response/open-streams.js'
import { Responder } from './response/responder.js'
import type { ResumableStreams } from './resume/resumable-streams.js'
import { serveExisting, serveResumable } from './resume/serve.js'
import { discardSource } from './source/source.js'
import { END_ID, lastEventIdOf } from './sse/last-event-id.js'
import { logError } from './util/log.js'

/** `reply.sseFrom` of one server. */
export function makeSseFrom(streams: OpenStreams, replay: ResumableStreams) {
  return function sseFrom(this: FastifyReply, source: unknown, options: StreamOptions = {}): FastifyReply {
    try {
      checkStreamOptions(options)
      const delivery = new Responder(this, options, streams)
      if (delivery.protocol !== undefined && codecOf(this) !== plainCodec) {
        throw new FST_SSE_OPTION_INVALID('protocol', "takes 'events' on a route whose schema declares its events")
      }
      const resumable = resumableOf(streams.settings, options.resumable)
      return resumable === undefined ? stream(delivery, source) : serveResumable(delivery, replay, source, resumable)
    } catch (error) {
      discardSource(source, late => logError(this.log, 'debug', late, 'a source that was not needed failed'))
      throw error
    }
  }

  function stream(delivery: Responder, source: unknown): FastifyReply {
    const { reply, options, settings } = delivery
    if (streams.isClosing) throw new FST_SSE_CLOSING()
    const feed = new OwnSource(source, reply, options, settings.maxEventBytes, codecOf(reply))
    const early = delivery.early(lastEventIdOf(reply.request.headers) === END_ID)
    if (early === undefined) return delivery.stream(feed)
    feed.cancel()
    return early
  }
}

/** `reply.sseResume` of one server. */
export function makeSseResume(streams: OpenStreams, replay: ResumableStreams) {
  return function sseResume(this: FastifyReply, id: string, { owner, ...options }: ResumeOptions = {}): FastifyReply {
    checkStreamOptions(owner === undefined ? options : { ...options, resumable: { owner } })
    return serveExisting(
      new Responder(this, options, streams),
      replay,
      id,
      owner ?? resumableOf(streams.settings, true)?.owner
    )
  }
}
