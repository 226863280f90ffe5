import type {} from 'fastify'
import type { ResumeOptions } from './options.js'
import type { SseStreams } from './resume/sse-streams.js'
import type { EndOf, EventName, EventsOf, ItemOf, OptionsOf, ResultOf, UnmappedOptionsOf } from './route-types.js'
import type { SseSource } from './source/source.js'

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
     * Streams a source as server-sent events (WHATWG HTML, section 9.2). `return` what it returns; awaiting that waits
     * for the end of the response.
     *
     * @param source what to send; prefer the function form, whose `signal` stops the provider when the client leaves
     * @param options see `StreamOptions`; `map` makes events of items
     * @throws FST_SSE_OPTION_INVALID, FST_SSE_CLOSING. What fails later is an error response or an `error` event.
     */
    sseFrom<
      T,
      const Name extends EventName<EventsOf<SchemaCompiler>> = 'message' & EventName<EventsOf<SchemaCompiler>>,
      const End extends EndOf<EventsOf<SchemaCompiler>> = 'done'
    >(
      source: SseSource<T, ResultOf<EventsOf<SchemaCompiler>, End>>,
      options: OptionsOf<EventsOf<SchemaCompiler>, T, Name, End> & {
        map: (item: T) => ItemOf<EventsOf<SchemaCompiler>, Name> | undefined
      }
    ): this
    sseFrom<
      T extends ItemOf<EventsOf<SchemaCompiler>, Name>,
      const Name extends EventName<EventsOf<SchemaCompiler>> = 'message' & EventName<EventsOf<SchemaCompiler>>,
      const End extends EndOf<EventsOf<SchemaCompiler>> = 'done'
    >(
      source: SseSource<T, ResultOf<EventsOf<SchemaCompiler>, End>>,
      options?: UnmappedOptionsOf<EventsOf<SchemaCompiler>, T, Name, End>
    ): this

    /**
     * Streams what a resumable stream has sent from its start, and goes on with it. A client that comes back with a
     * `Last-Event-ID` gets what comes after that. `return` what it returns.
     *
     * @param id of the stream: the `x-stream-id` of the response that it began with
     * @throws FST_SSE_ID_INVALID, FST_SSE_OPTION_INVALID. A stream that is not there is answered 410, or 404 where owners
     *   are told apart; one that has expired as well.
     */
    sseResume(id: string, options?: ResumeOptions): this
  }

  interface FastifyInstance {
    /** The resumable streams, those of other nodes included. */
    readonly sseStreams: SseStreams
  }
}

export { FST_SSE_PRODUCER_FENCED, FST_SSE_STORE_FULL, FST_SSE_STORE_UNAVAILABLE } from './errors.js'
export type { ErrorData } from './framing/failure.js'
export type { Protocol, ProtocolStream } from './framing/protocols/protocol.js'
export type { ProtocolName } from './framing/protocols/protocols.js'
export type { PluginOptions, ResumeOptions, StreamOptions } from './options.js'
export { sseFrom, sseFrom as default } from './plugin.js'
export type { StreamSummary } from './response/summary.js'
export type { OnDisconnect, ResumableOptions } from './resume/resumable-options.js'
export type { SseStreams } from './resume/sse-streams.js'
export type { EventData, EventName, EventOf, EventsOf, ItemOf } from './route-types.js'
export { type EventMap, type EventStreamSchema, eventStream } from './schema/event-schema.js'
export type { SourceContext, SourceIterable, SseSource } from './source/source.js'
export type { SseEvent } from './sse/event.js'
export { END_ID } from './sse/last-event-id.js'
export type { EventList } from './stores/event-list.js'
export type { EventStore, LeaseStatus, LocalLogs, LogEnd, LogPage } from './stores/event-store.js'
export { MemoryStore, type MemoryStoreOptions } from './stores/memory-store.js'
