import type { FastifyReply } from 'fastify'
import { type Admission, slotTaker } from './admission.js'
import type { RecordingOptions } from './framing/finish/recorded-chunks.js'
import { codecOf } from './framing/route-codec.js'
import type { Settings, StreamOptions } from './options.js'
import type { Asked } from './response/asked-replies.js'
import { toPlainError } from './response/error-response.js'
import type { OpenStreams } from './response/open-streams.js'
import { Summary } from './response/summary/summary.js'
import { whileOpen } from './response/while-open.js'
import { EventsRun } from './response/whole/events-run.js'
import { sendCollected } from './response/whole/json-response.js'
import { type OwnerOptions, ownerOf } from './resume/owner.js'
import { abortOf } from './source/abort-of.js'
import { discardSource } from './source/source.js'
import { StreamAbort } from './source/stream-abort.js'
import { END_ID } from './sse/last-event-id.js'
import { logError } from './util/log.js'
import { isPromiseLike } from './util/promise.js'

/** What an answer in one JSON body is made of. */
export interface JsonAnswerParts {
  readonly server: Admission & { readonly openStreams: OpenStreams }
  readonly asked: Asked
  readonly source: unknown
  readonly options: StreamOptions
  readonly json: NonNullable<StreamOptions['json']>
  readonly settings: Settings
  readonly recording: RecordingOptions | undefined
  /** Who may ask (R3), if the same answer would be resumable as a stream. */
  readonly whose: OwnerOptions | undefined
}

/**
 * Answers with one JSON body. Nobody can follow it, so it is not resumable; but who has no owner gets none, as for a
 * stream.
 *
 * @throws FST_SSE_OWNER_INVALID, and any error of `owner`. If `owner` gives a promise, they are answered instead.
 */
export function answerJson(reply: FastifyReply, parts: JsonAnswerParts): FastifyReply {
  const { options, whose = {} } = parts
  const owner = ownerOf(reply.request, whose)
  const summary = new Summary(reply, options)
  if (isPromiseLike(owner)) void answerLate(reply, parts, owner, summary)
  else collected(reply, parts, owner, summary)
  return reply
}

async function answerLate(
  reply: FastifyReply,
  parts: JsonAnswerParts,
  promise: Promise<string | undefined>,
  summary: Summary
): Promise<void> {
  try {
    const owner = await whileOpen(promise, reply, parts.server.openStreams)
    if (owner !== undefined) {
      collected(reply, parts, owner.value, summary)
      return
    }
    discard(parts.source, reply, new StreamAbort('left'))
    summary.expect('aborted')
  } catch (thrown) {
    const error = toPlainError(thrown)
    discard(parts.source, reply, abortOf(error))
    summary.expect('error', error)
    reply.send(error)
  }
}

function collected(
  reply: FastifyReply,
  { server, asked, source, options, json, settings, recording }: JsonAnswerParts,
  owner: string | undefined,
  summary: Summary
): void {
  const parts = {
    toBody: json,
    maxBytes: settings.maxResponseBytes,
    recording,
    count: (events: number) => void summary.count(events)
  }
  const run = new EventsRun(parts, source, reply, options, settings.maxEventBytes, codecOf(reply), END_ID)
  const take = slotTaker(server, reply.request)
  const known = server.resumableStreams.accessOf(owner, true).owner
  const takeSlot = () => take(known)
  sendCollected({ reply, asked, run, streams: server.openStreams, settings, takeSlot, signal: options.signal, summary })
}

/** Cancels a source that is not needed. */
export function discard(source: unknown, { log }: FastifyReply, reason: StreamAbort): void {
  discardSource(source, reason, failure => logError(log, 'debug', failure, 'a source that was not needed failed'))
}
