import type {} from 'fastify'
import type { ResumeOptions, StartOptions } from './options.js'
import type { SseStreams } from './resume/sse-streams.js'
import type { StartedStream } from './resume/start-stream.js'
import type {
  BodyOf,
  EndOf,
  EventName,
  EventsOf,
  ItemOf,
  OptionsOf,
  ResultOf,
  UnmappedOptionsOf
} from './route-types.js'
import type { SourceContext, SourceIterable, SseSource } from './source/source.js'

declare module 'fastify' {
  interface FastifyReply<
    RouteGeneric,
    RawServer,
    RawRequest,
    RawReply,
    ContextConfig,
    SchemaCompiler,
    TypeProvider,
    ReplyType
  > {
    /**
     * Streams a source as server-sent events (WHATWG HTML, section 9.2).
     *
     * @example
     * ```ts
     * app.post('/chat', (request, reply) =>
     *   reply.sseFrom(({ signal }) => openai.responses.create({ ...request.body, stream: true }, { signal }))
     * )
     * ```
     *
     * @param source the items to send. Prefer the function form: its `signal` stops the provider when the client
     *   leaves.
     * @param options see `StreamOptions`
     * @returns the reply. `return` it from the handler, or await it to wait for the end of the response.
     * @throws FST_SSE_ALREADY_ANSWERED, FST_SSE_OPTION_INVALID, FST_SSE_CLOSING; FST_SSE_ID_INVALID,
     *   FST_SSE_OWNER_INVALID and any error of `owner` if the stream is resumable; FST_SSE_NOT_ACCEPTABLE if there is
     *   `json` and the client accepts neither JSON nor events; FST_SSE_EVENT_INVALID if the `event` option cannot be
     *   sent. Later errors become an error response or an `error` event.
     */
    sseFrom<
      T,
      const Name extends EventName<EventsOf<SchemaCompiler>> = 'message' & EventName<EventsOf<SchemaCompiler>>,
      const End extends EndOf<EventsOf<SchemaCompiler>> = 'done'
    >(
      source: SseSource<T, ResultOf<EventsOf<SchemaCompiler>, End>>,
      options: OptionsOf<EventsOf<SchemaCompiler>, T, Name, End, BodyOf<SchemaCompiler>> & {
        map: (item: T) => ItemOf<EventsOf<SchemaCompiler>, Name> | undefined
      }
    ): this
    sseFrom<
      T extends ItemOf<EventsOf<SchemaCompiler>, Name>,
      const Name extends EventName<EventsOf<SchemaCompiler>> = 'message' & EventName<EventsOf<SchemaCompiler>>,
      const End extends EndOf<EventsOf<SchemaCompiler>> = 'done'
    >(
      source: SseSource<T, ResultOf<EventsOf<SchemaCompiler>, End>>,
      options?: UnmappedOptionsOf<EventsOf<SchemaCompiler>, T, Name, End, BodyOf<SchemaCompiler>>
    ): this

    /**
     * Streams an existing resumable stream from its start, or after the `Last-Event-ID` of the request (WHATWG HTML,
     * section 9.2.4). A stream that does not exist, or has expired, is answered 410, or 404 if streams have owners.
     *
     * @example
     * ```ts
     * app.get('/chat/:id', (request, reply) => reply.sseResume(request.params.id))
     * ```
     *
     * @param id the id of the stream: the `x-stream-id` header of its first response
     * @param options see `ResumeOptions`
     * @returns the reply. `return` it from the handler, or await it to wait for the end of the response.
     * @throws FST_SSE_ALREADY_ANSWERED, FST_SSE_ID_INVALID, FST_SSE_OPTION_INVALID, FST_SSE_OWNER_INVALID, and any
     *   error of `owner`
     */
    sseResume(id: string, options?: ResumeOptions): this

    /**
     * Starts a resumable stream that no client follows yet, such as an answer that a client will ask for later. The
     * reply is not sent: answer it with the id.
     *
     * @example
     * ```ts
     * app.post('/reports', async (request, reply) => {
     *   const { id } = await reply.sseStart(({ signal }) => writeReport(request.body, { signal }))
     *   return reply.code(202).send({ id })
     * })
     * app.get('/reports/:id', (request, reply) => reply.sseResume(request.params.id))
     * ```
     *
     * @param source a function that gives the items. It is called at once, with a signal
     * @param options see `StartOptions`
     * @returns the id of the stream, as soon as other nodes can find it
     * @throws FST_SSE_OPTION_INVALID, FST_SSE_CLOSING, FST_SSE_SERVER_BUSY, FST_SSE_OWNER_BUSY, FST_SSE_OWNER_INVALID,
     *   and any error of `owner`
     */
    sseStart<T>(
      source: (context: SourceContext) => SourceIterable<T> | Promise<SourceIterable<T>>,
      options?: StartOptions<T>
    ): Promise<StartedStream>
  }

  interface FastifyInstance {
    /** Controls the resumable streams of all nodes. */
    readonly sseStreams: SseStreams
  }
}

export { type ChannelListener, type ChannelMessages, listen } from './channels.js'
export { FST_SSE_PRODUCER_FENCED, FST_SSE_STORE_FULL, FST_SSE_STORE_UNAVAILABLE } from './errors.js'
export type { CollectedAnswer } from './framing/answer/collected-answer.js'
export type { ErrorData } from './framing/failure.js'
export type {
  GenerationFinishMessage,
  GenerationStartMessage,
  GenerationSummary,
  ObservedGeneration,
  Unread
} from './framing/finish/generation-channels.js'
export type { StreamFinish } from './framing/finish/stream-finish.js'
export { type AgUiRun, agUi } from './framing/protocols/api/ag-ui-run.js'
export type { Protocol, ProtocolStream } from './framing/protocols/protocol.js'
export type { ProtocolName } from './framing/protocols/protocols.js'
export type { OwnerLimit, PluginOptions, ResumeOptions, StartOptions, StreamOptions } from './options.js'
export { sseFrom, sseFrom as default } from './plugin.js'
export type { RefusalMessage } from './response/limits/refusal.js'
export type {
  ObservedStream,
  StreamCloseMessage,
  StreamDrainMessage,
  StreamFirstEventMessage,
  StreamMessage,
  StreamResumeMessage
} from './response/summary/stream-channels.js'
export type { StreamSummary } from './response/summary/stream-summary.js'
export type { OnDisconnect, ResumableOptions } from './resume/resumable-options.js'
export type { StreamState } from './resume/resumable-streams.js'
export type { ReadOptions, SseStreams } from './resume/sse-streams.js'
export type { StartedStream } from './resume/start-stream.js'
export type { EventData, EventName, EventOf, EventsOf, ItemOf } from './route-types.js'
export type { DataSchema, StandardSchema } from './schema/data-schema.js'
export { withEventStreams } from './schema/document-transform.js'
export { type EventMap, type EventStreamOptions, type EventStreamSchema, eventStream } from './schema/event-schema.js'
export type { SourceContext, SourceIterable, SourceSignal, SseSource } from './source/source.js'
export { StreamAbort, type StreamAbortReason, type StreamTimeout } from './source/stream-abort.js'
export type { SseEvent } from './sse/event.js'
export { END_ID } from './sse/last-event-id.js'
export type { SentEvent } from './sse/sent-events.js'
export type { EventList } from './stores/event-list.js'
export type { EventStore, LeaseStatus, LocalLogs, LogEnd, LogPage } from './stores/event-store.js'
export type { StoreFailureMessage } from './stores/failure-channel.js'
export type { MemoryStoreOptions } from './stores/memory-options.js'
export { MemoryStore } from './stores/memory-store.js'
export type { StreamSlots } from './stores/stream-slots.js'
