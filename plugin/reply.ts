import type { FastifyReply } from 'fastify'
import { type Admission, slotTaker } from './admission.js'
import { FST_SSE_OPTION_INVALID } from './errors.js'
import { plainCodec } from './framing/codec.js'
import { LimitedRecord } from './framing/finish/frame-record.js'
import { chunksOf, isRecorded, type RecordingOptions } from './framing/finish/recorded-chunks.js'
import { declaresJsonBody } from './framing/json-body.js'
import { protocolOf } from './framing/protocols/protocols.js'
import { codecOf } from './framing/route-codec.js'
import { answerJson, discard } from './json-answer.js'
import type { ResumeOptions, Settings, StartOptions, StreamOptions } from './options.js'
import { type Asked, ask } from './response/asked-replies.js'
import { toPlainError } from './response/error-response.js'
import { guardReturn, refuseSecond } from './response/forgotten-return.js'
import { EVENTS_TYPE, JSON_TYPE, negotiate } from './response/negotiate.js'
import type { OpenStreams } from './response/open-streams.js'
import { Responder } from './response/responder.js'
import { ResumableResponse } from './resume/resumable-response.js'
import { type StartedStream, startStream } from './resume/start-stream.js'
import { checkResumeOptions, checkStartOptions, checkStreamOptions, resumableOf, streamSettings } from './settings.js'
import { abortOf } from './source/abort-of.js'
import { StreamAbort } from './source/stream-abort.js'
import { END_ID, lastEventIdOf } from './sse/last-event-id.js'

/** The objects that all streams of one server share. */
export interface SseServer extends Admission {
  readonly openStreams: OpenStreams
}

/** The options of streams that have none. */
const NO_OPTIONS: StreamOptions = {}

/** Makes the `reply.sseFrom` of a server. */
export function makeSseFrom(server: SseServer) {
  return function sseFrom(this: FastifyReply, source: unknown, options: StreamOptions = NO_OPTIONS): FastifyReply {
    takeReply(this, source)
    const asked = ask(this)
    try {
      checkStreamOptions(options)
      server.connectionLimit.enter(this.raw)
      checkProtocolOfRoute(this, options)
      const settings = streamSettings(server.settings, options)
      const resumable = resumableOf(server.settings, options.resumable)
      const json = jsonOf(this, options)
      guardReturn(this, asked)
      if (json !== undefined) {
        const recording = recordingOf(server, settings)
        return answerJson(this, { server, asked, source, options, json, settings, recording, whose: resumable })
      }
      if (resumable === undefined) return stream(server, this, asked, source, options, settings)
      return resumableResponse(server, this, asked, options, settings).begin({ source, options, settings }, resumable)
    } catch (thrown) {
      const error = toPlainError(thrown)
      asked.by = 'app'
      discard(source, this, abortOf(error))
      throw error
    }
  }
}

/** @throws FST_SSE_ALREADY_ANSWERED if the reply has an answer already. The source is never started then. */
function takeReply(reply: FastifyReply, source: unknown): void {
  try {
    refuseSecond(reply)
  } catch (error) {
    discard(source, reply, abortOf(error as Error))
    throw error
  }
}

/** Makes the `reply.sseResume` of a server. */
export function makeSseResume(server: SseServer) {
  return function sseResume(this: FastifyReply, id: string, options: ResumeOptions = {}): FastifyReply {
    refuseSecond(this)
    const asked = ask(this)
    checkResumeOptions(options)
    server.connectionLimit.enter(this.raw)
    const { owner, anonymous, after } = options
    const whose = resumableOf(server.settings, { owner, anonymous })
    guardReturn(this, asked)
    try {
      const settings = streamSettings(server.settings, options)
      return resumableResponse(server, this, asked, options, settings).follow(id, whose, after)
    } catch (error) {
      asked.by = 'app'
      throw error
    }
  }
}

/** Makes the `reply.sseStart` of a server. */
export function makeSseStart(server: SseServer) {
  return async function sseStart(
    this: FastifyReply,
    source: unknown,
    options: StartOptions = {}
  ): Promise<StartedStream> {
    checkStartOptions(options)
    checkProtocolOfRoute(this, options)
    const settings = streamSettings(server.settings, options)
    const { owner, anonymous, id, onDisconnect } = options.resumable ?? {}
    const resumable = { ...resumableOf(server.settings, { owner, anonymous }), id, onDisconnect }
    const takeSlot = slotTaker(server, this.request)
    const asked = { source, options, settings }
    return startStream(server.resumableStreams, takeSlot, this, asked, resumable).catch(thrown => {
      throw toPlainError(thrown)
    })
  }
}

/** @throws FST_SSE_OPTION_INVALID if the route declares its events, which are those of the plugin then */
function checkProtocolOfRoute(reply: FastifyReply, { protocol = 'events' }: Pick<StreamOptions, 'protocol'>): void {
  if (protocol !== 'events' && codecOf(reply) !== plainCodec) {
    throw new FST_SSE_OPTION_INVALID('protocol', "takes 'events' on a route whose schema declares its events")
  }
}

/**
 * The `json` option, if the client prefers a JSON body.
 *
 * @throws FST_SSE_OPTION_INVALID if the schema of the route declares a body and the option is missing
 */
function jsonOf(reply: FastifyReply, { json }: StreamOptions): StreamOptions['json'] {
  if (json !== undefined) return negotiate(reply, [EVENTS_TYPE, JSON_TYPE]) === JSON_TYPE ? json : undefined
  if (!declaresJsonBody(reply)) return undefined
  throw new FST_SSE_OPTION_INVALID('json', 'takes a function on a route whose schema declares a JSON body')
}

function stream(
  server: SseServer,
  reply: FastifyReply,
  asked: Asked,
  source: unknown,
  options: StreamOptions,
  settings: Settings
): FastifyReply {
  const responder = makeResponder(server, reply, asked, options, settings)
  if (server.openStreams.isClosing) {
    const refused = responder.refuse()
    discard(source, reply, new StreamAbort('closing'))
    return refused
  }
  const recording = recordingOf(server, settings)
  const chunks = chunksOf(recording, source, reply, options, settings.maxEventBytes, codecOf(reply), END_ID)
  const early = responder.early(lastEventIdOf(reply.request) === END_ID)
  if (early === undefined) {
    const takeSlot = slotTaker(server, reply.request)
    return responder.stream(chunks, { signal: options.signal, source: { timeouts: settings, takeSlot } })
  }
  chunks.close(new StreamAbort('left'))
  return early
}

/** How a source that is not resumable is recorded for those who are told of its end; `undefined` if it is not. */
export function recordingOf(
  { openStreams: tracker, resumableStreams: { store } }: SseServer,
  settings: Settings
): RecordingOptions | undefined {
  if (!isRecorded(settings)) return undefined
  const { onFinish, drainForUsage } = settings
  // Only `onFinish` is told the text.
  const frames = onFinish === undefined ? new LimitedRecord(0, 0) : new LimitedRecord(store.maxEvents, store.maxBytes)
  return { onFinish, drainForUsage, tracker, frames, streamId: undefined }
}

function resumableResponse(
  server: SseServer,
  reply: FastifyReply,
  asked: Asked,
  options: ResumeOptions,
  settings: Settings
) {
  const responder = makeResponder(server, reply, asked, options, settings)
  const takeSlot = slotTaker(server, reply.request)
  return new ResumableResponse(responder, server.resumableStreams, takeSlot, options.protocol, options.signal)
}

function makeResponder(
  { openStreams: streams }: SseServer,
  reply: FastifyReply,
  asked: Asked,
  { protocol, onClose }: Pick<StreamOptions, 'protocol' | 'onClose'>,
  settings: Settings
): Responder {
  return new Responder({ reply, asked, protocol: protocolOf(protocol), settings, streams, onClose })
}
