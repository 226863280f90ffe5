/**
 * The toolkit for the ready routes and sources, in `routes/` and `sources/`. The package does not export it.
 *
 * A ready route streams with `reply.sseFrom`, like any other route. This module adds the rest: the plugin
 * (`ensurePlugin`), content negotiation (`negotiate`), an answer in one piece (`sendWhole`), validation of the input
 * (`compileValidator`), and errors in the form that the clients of the route expect (`makeErrorHandler`).
 */

import { STATUS_CODES } from 'node:http'
import { Readable } from 'node:stream'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { slotTaker } from './admission.js'
import { type Answer, answerWith, asOwner, logLeft } from './as-owner.js'
import type { AnswerParts } from './framing/answer/answer-parts.js'
import type { Finish } from './framing/answer/finish.js'
import type { AnswerPart } from './framing/answer/part.js'
import { type ErrorData, errorEvent, logFailure, statusOf } from './framing/failure.js'
import type { StreamOptions } from './options.js'
import { serverOf, sseFrom } from './plugin.js'
import { recordingOf } from './reply.js'
import { toPlainError } from './response/error-response.js'
import { JSON_UTF_8 } from './response/negotiate.js'
import { collect } from './response/whole/collect.js'
import { PartsRun } from './response/whole/parts-run.js'
import type { OwnerOptions } from './resume/owner.js'
import type { ResumableOptions } from './resume/resumable-options.js'
import { checkStreamOptions, resumableOf, streamSettings } from './settings.js'
import type { SseSource } from './source/source.js'

export { FST_SSE_EVENT_INVALID, FST_SSE_OPTION_INVALID, FST_SSE_STREAM_NOT_FOUND } from './errors.js'
export { answerEvents } from './framing/answer/answer-events.js'
export { AnswerParts } from './framing/answer/answer-parts.js'
export { hasNoArguments, isCut, NO_ARGUMENTS } from './framing/answer/call-arguments.js'
export { Finish, type FinishReason, finishOf, Usage } from './framing/answer/finish.js'
export { finishWord, finishWords } from './framing/answer/finish-words.js'
export {
  type AnswerPart,
  type Part,
  partOf,
  partSchemas,
  ReasoningPart,
  RefusalPart,
  TextPart,
  ToolCallPart
} from './framing/answer/part.js'
export { unseal } from './framing/answer/seal.js'
export { isGenerationObserved } from './framing/finish/generation-channels.js'
export type { ProviderKey } from './framing/key-refusal.js'
export { type AgUiRun, agUi } from './framing/protocols/api/ag-ui-run.js'
export {
  type CompletionHead,
  chatCompletion,
  chatToolCall,
  completionEnd
} from './framing/protocols/api/chat-completion.js'
export {
  type MessageBlock,
  type MessageHead,
  messageContent,
  messageEnd,
  messageStart,
  messages
} from './framing/protocols/api/messages.js'
export type { OutputItem } from './framing/protocols/api/responses/output.js'
export type { ResponseHead, ResponseObject } from './framing/protocols/api/responses/response.js'
export { ResponseBuilder } from './framing/protocols/api/responses/response-builder.js'
export { ResponseStep, responses } from './framing/protocols/api/responses.js'
export { UI_METADATA, uiMessages } from './framing/protocols/api/ui-message.js'
export { anthropicError } from './framing/protocols/sdk/anthropic.js'
export { openAiError } from './framing/protocols/sdk/openai.js'
export { TextJoiner } from './framing/text-joiner.js'
export { setAnswerer } from './observe/answerer.js'
export { REGISTER_OPTIONS } from './options-schema.js'
export { findRecord, keepRecord, type RecordId } from './records.js'
export { addVary, negotiate } from './response/negotiate.js'
export { STREAM_ID_PATTERN } from './resume/log/event-id.js'
export type { OwnerOptions } from './resume/owner.js'
export { SourceRun } from './source/source-run.js'
export { secretPattern } from './util/errors/secret-pattern.js'
export { isNestedDeeper, MAX_LEVELS } from './util/nesting.js'
export { keepPlaces, type Path, type PlaceOf, placeIn, withBrackets } from './util/places.js'
export { isPromiseLike } from './util/promise.js'
export { checkNames, compileValidator, type Problem } from './util/validate.js'

/** The schema of an error response, as Fastify writes it. */
export const ErrorBody = Type.Object({
  statusCode: Type.Integer(),
  code: Type.Optional(Type.String()),
  /** The name of the status. Node has none for some that providers use, such as 529. */
  error: Type.Optional(Type.String()),
  message: Type.String()
})

/** The body of an error response, as Fastify writes it where no error handler of the app gives it another shape. */
export function errorBody(error: Error): Static<typeof ErrorBody> {
  const { code, message } = error as FastifyError
  const statusCode = statusOf(error)
  return { statusCode, code, error: STATUS_CODES[statusCode], message }
}

/** Registers the plugin with its default options, unless the app has registered it already. */
export async function ensurePlugin(app: FastifyInstance): Promise<void> {
  if (!app.hasReplyDecorator('sseFrom')) await app.register(sseFrom)
}

/**
 * Merges the `resumable` option of a route with that of the plugin, as `reply.sseFrom` does.
 *
 * @param own the `resumable` option of the route
 * @returns `undefined` if the streams of the route are not resumable
 * @throws FST_SSE_OPTION_INVALID
 */
export function resumableOptions(app: FastifyInstance, own: StreamOptions['resumable']): ResumableOptions | undefined {
  checkStreamOptions({ resumable: own })
  return resumableOf(serverOf(app).settings, own)
}

/** Whether the streams of one client are limited, those of an owner or of a connection. */
export function hasClientLimits(app: FastifyInstance): boolean {
  const { maxStreamsPerOwner, maxStreamsPerConnection } = serverOf(app).settings
  return maxStreamsPerOwner !== false || maxStreamsPerConnection !== false
}

/** The largest log of a resumable stream, in bytes. */
export function maxLogBytes(app: FastifyInstance): number {
  return Math.min(serverOf(app).resumableStreams.store.maxBytes, Number.MAX_SAFE_INTEGER)
}

/**
 * Answers a request once its owner is known. A route asks for an owner in no other way: see `asOwner` of the plugin.
 *
 * @throws FST_SSE_OWNER_INVALID, FST_SSE_CLOSING, and any error of `owner` or of `answer`
 */
export function answerOwner(
  reply: FastifyReply,
  whose: OwnerOptions,
  answer: Answer<string | undefined>
): Promise<FastifyReply> {
  return asOwner(reply, serverOf(reply.server).openStreams, whose, answer)
}

/**
 * Answers a request with something of the application's, which it waits for no longer than its client and its server
 * are there.
 *
 * @throws FST_SSE_CLOSING, whatever the promise rejects with, and any error of `answer`
 */
export function answerKnown<T>(reply: FastifyReply, awaited: T | PromiseLike<T>, answer: Answer<T>) {
  return answerWith(reply, serverOf(reply.server).openStreams, awaited, answer)
}

/** What is said of the streams of a request whose owner is known, so that its function is called once. */
export function ownedBy(owner: string | undefined, whose: OwnerOptions): OwnerOptions {
  return { owner: whose.owner && (() => owner), anonymous: whose.anonymous }
}

/** The query parameter in which clients may have their `Last-Event-ID`; `false` for none. */
export function lastEventIdParameter(app: FastifyInstance): string | false {
  return serverOf(app).settings.lastEventIdParameter
}

/**
 * Reads an answer to its end and sends it as one JSON body. The source is cancelled when the client leaves or the
 * server closes, and is never started for a HEAD request (S3).
 *
 * @param toBody makes the body from the joined parts of the answer and its end
 * @param own whose key the provider is asked with, and what is called when the source has ended (E8). Default: what the
 *   plugin's options say
 * @returns the reply; `return` or await it in the handler
 * @throws FST_SSE_CLOSING, FST_SSE_RESPONSE_TOO_LARGE, FST_SSE_EVENT_INVALID if the source gives what is not a part of
 *   an answer, or returns no `Finish`, the timeouts of the source, and any error of the source or of `toBody`
 */
export async function sendWhole(
  reply: FastifyReply,
  source: SseSource<AnswerPart>,
  toBody: (answer: AnswerParts, finish: Finish) => object | Promise<object>,
  own: Pick<StreamOptions, 'providerKey' | 'onFinish'> = {}
): Promise<FastifyReply> {
  if (reply.request.method === 'HEAD') return reply.type('application/json').send(Readable.from([]))
  const server = serverOf(reply.server)
  const { openStreams: streams } = server
  const settings = streamSettings(server.settings, own)
  server.connectionLimit.enter(reply.raw)
  const takeSlot = slotTaker(server, reply.request)
  const run = new PartsRun(source, reply, toBody, settings.maxResponseBytes, recordingOf(server, settings))
  const body = await collect(run, { reply, streams, settings, takeSlot })
  if (body !== undefined) return sendJson(reply, body)
  logLeft(reply)
  return reply
}

/** Answers with JSON, whatever serializer the app has set for its replies. Hooks may still change the body. */
export function sendJson(reply: FastifyReply, body: object): FastifyReply {
  return reply.type(JSON_UTF_8).serializer(JSON.stringify).send(body)
}

/**
 * Makes an error handler for a route whose clients expect errors in another form than Fastify's. It logs each error
 * once, and answers with its status and headers.
 *
 * @param toBody makes the body of the response. `data.message` hides the message of a 5xx (E2).
 */
export function makeErrorHandler(toBody: (data: ErrorData, error: FastifyError) => object) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const failure = toPlainError(error) as FastifyError & { headers?: Record<string, string> }
    logFailure(request.log, failure)
    sendJson(reply.code(statusOf(failure)).headers(failure.headers ?? {}), toBody(errorEvent(failure).data, failure))
  }
}
