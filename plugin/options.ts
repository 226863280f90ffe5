import type { CollectedAnswer } from './framing/answer/collected-answer.js'
import type { FinishSettings } from './framing/finish/stream-finish.js'
import type { FrameOptions } from './framing/frame-encoder.js'
import type { ProviderKey } from './framing/key-refusal.js'
import type { EventStreamSettings } from './response/event-stream-parts.js'
import type { SummaryOptions } from './response/summary/summary.js'
import type { OwnerOptions } from './resume/owner.js'
import type { ResumableOptions } from './resume/resumable-options.js'
import type { SourceOptions } from './source/source.js'
import type { SourceTimeouts } from './source/source-deadlines.js'
import type { EventStore } from './stores/event-store.js'

/** Settings of a stream. The plugin's options set them for all streams, and a stream can override them. */
export interface StreamSettings extends FinishSettings {
  /**
   * The silence after which a heartbeat, a comment line, is sent (WHATWG HTML, section 9.2.7). It makes proxies keep
   * the connection open, and lets a client tell a slow model from a dead network. Milliseconds, or `false` for no
   * heartbeats. Default: 15000.
   */
  heartbeat?: number | false | undefined
  /**
   * How long the head of the response waits for the first event. If the source fails within this time, the client gets
   * an ordinary error response with a status from 400 to 599; if it fails later, an `error` event. Milliseconds.
   * Default: 1000.
   */
  commitAfter?: number | undefined
  /**
   * The reconnect delay, sent as `retry:` before the first event (WHATWG HTML, section 9.2.6). Milliseconds. Default:
   * none, so that the client uses its own.
   */
  retry?: number | undefined
  /**
   * The amount of data held for a client that reads slowly. While it is held, the source is paused; the source of a
   * resumable stream goes on. Bytes. Default: 16384.
   */
  highWaterMark?: number | undefined
  /**
   * The size of the largest event on the wire. A larger event ends the stream with `FST_SSE_EVENT_TOO_LARGE`. Bytes.
   * Default: 1048576.
   */
  maxEventBytes?: number | undefined
  /**
   * Whose key the provider is asked with. A 401 or 403 about a key of the server's own is a 502 to the user; about a
   * key that the user has given, it stays what it is. Either way the provider's words are only in the log. `'server'`
   * or `'user'`. Default: `'server'`.
   */
  providerKey?: ProviderKey | undefined
  /**
   * How long the source may take to its first event. Then it is ended, and the stream fails with
   * `FST_SSE_FIRST_EVENT_TIMEOUT` (504). Milliseconds, or `false` for any time. Default: 600000.
   */
  firstEventTimeout?: number | false | undefined
  /**
   * How long the source may give nothing after its first event. Then it is ended, and the stream fails with
   * `FST_SSE_IDLE_TIMEOUT` (504). Items that `map` skips count; the time in which a slow client keeps the source
   * waiting does not. Milliseconds, or `false` for any time. Default: 300000.
   */
  idleTimeout?: number | false | undefined
  /**
   * How long the source may run. Then it is ended, and the stream fails with `FST_SSE_DURATION_EXCEEDED` (504).
   * Milliseconds, or `false` for any time. Default: 3600000.
   */
  maxDuration?: number | false | undefined
  /**
   * How long a client may take nothing of what waits for it. Then its connection is broken off, as if the client had
   * left. Milliseconds, or `false` for any time. Default: 60000.
   */
  writeTimeout?: number | false | undefined
}

/** A limit for the streams of each owner. */
export interface OwnerLimit extends OwnerOptions {
  /** How many streams of one owner may run at the same time. */
  limit: number
}

/**
 * The options of `app.register(sseFrom, options)`.
 *
 * @example
 * ```ts
 * await app.register(sseFrom, { heartbeat: 10_000, resumable: true, store: new RedisStore({ client, subscriber }) })
 * ```
 */
export interface PluginOptions extends StreamSettings {
  /** Makes all streams resumable, unless a stream overrides it. Their sources must be functions. Default: `false`. */
  resumable?: boolean | Omit<ResumableOptions, 'id'> | undefined
  /** Keeps the events of resumable streams. Default: a `MemoryStore`, which only this process can read. */
  store?: EventStore | undefined
  /**
   * The secret key of the hashes by which the owners of streams are kept (HMAC-SHA256), at least 16 characters. The
   * same on all nodes: with another key, streams with an owner are not found. Default: none. The hashes are then plain
   * SHA-256, and whoever can read the store can test whether a stream belongs to an owner that they know.
   */
  ownerKey?: string | undefined
  /**
   * How many sources may run at the same time on this server: those of streams and of answers in one piece. Another is
   * refused with `FST_SSE_SERVER_BUSY` (503) and a `retry-after` header. A client that follows a stream does not count.
   * A number, or `false` for any number. Default: 10000.
   */
  maxStreams?: number | false | undefined
  /**
   * How many sources of one owner may run at the same time, on all nodes that share the store. Another is refused with
   * `FST_SSE_OWNER_BUSY` (429) and a `retry-after` header. With a number, owners are those of `resumable.owner`;
   * without resumable streams, give `{ limit, owner }`. A request without an owner is not limited. Default: `false`,
   * for any number.
   */
  maxStreamsPerOwner?: number | false | OwnerLimit | undefined
  /**
   * How many responses of one connection may be open at the same time: the streams of an HTTP/2 connection, or
   * pipelined HTTP/1.1 requests that wait for their turn. Another is refused with `FST_SSE_CONNECTION_BUSY` (429) and a
   * `retry-after` header. A number, or `false` for any number. Default: 100.
   */
  maxStreamsPerConnection?: number | false | undefined
  /** How long `app.close()` lets open streams go on before it cuts them off. Milliseconds. Default: 5000. */
  drainTimeout?: number | undefined
  /**
   * The query parameter in which clients that cannot send a header have their `Last-Event-ID`, such as those of
   * event-source-polyfill. A header has priority. `false` for none. Default: `'lastEventId'`.
   */
  lastEventIdParameter?: string | false | undefined
  /**
   * The size of the largest answer that is sent in one piece, as JSON: by a ready route, or by the `json` of a stream.
   * A larger one fails with `FST_SSE_RESPONSE_TOO_LARGE` (500). Bytes of its text, or of the data of its events.
   * Default: 4194304.
   */
  maxResponseBytes?: number | undefined
}

/**
 * The options of `reply.sseFrom(source, options)`. The settings that are left out are those of the plugin.
 *
 * @template T the items of the source
 */
export interface StreamOptions<T = never> extends StreamSettings, FrameOptions<T>, SourceOptions<T>, SummaryOptions {
  /**
   * Ends the stream with an error when it is aborted. The error is the reason of the signal if that is an Error with a
   * `statusCode` or `status` from 400 to 599, otherwise `FST_SSE_STOPPED`. Default: none.
   */
  signal?: AbortSignal | undefined
  /**
   * Makes one JSON body of the whole answer, or a promise of it, for a client that prefers `application/json` to
   * events (RFC 9110, section 12.5.1). The response has the status of the reply, and that of any error. It is not
   * resumable: the source ends when the client leaves. Default: none, so that every client gets events.
   *
   * @example
   * ```ts
   * json: ({ text, result }) => ({ text, ...result })
   * ```
   */
  json?: ((answer: CollectedAnswer) => unknown) | undefined
  /**
   * Whether a client that lost its connection gets the rest of the same stream, with one run of the source. The source
   * must be a function, since it is not called for a client that reconnects. The plugin numbers the events, which must
   * not have an `id`. Default: the `resumable` of the plugin.
   */
  resumable?: boolean | ResumableOptions | undefined
}

/** The options of `reply.sseResume(id, options)`. The settings that are left out are those of the plugin. */
export interface ResumeOptions
  extends Pick<
    StreamOptions,
    'heartbeat' | 'commitAfter' | 'retry' | 'highWaterMark' | 'writeTimeout' | 'onClose' | 'signal'
  > {
  /**
   * The protocol that the stream was begun with. A stream with another protocol is answered like one that does not
   * exist. Default: `'events'`.
   */
  protocol?: StreamOptions['protocol']
  /** Returns the owner of the request, or a promise of it. Default: the `owner` in the `resumable` of the plugin. */
  owner?: ResumableOptions['owner']
  /** Whether `owner` may return `undefined`. Default: the `anonymous` in the `resumable` of the plugin. */
  anonymous?: ResumableOptions['anonymous']
  /**
   * The number of the last event that the client has, counted from 1; 0 for none. A client that has the last event of
   * an ended stream is answered 204. Default: the `Last-Event-ID` of the request says it.
   */
  after?: number | undefined
}

/**
 * The options of `reply.sseStart(source, options)`. The settings that are left out are those of the plugin.
 *
 * @template T the items of the source
 */
export interface StartOptions<T = never>
  extends Omit<StreamSettings, 'heartbeat' | 'commitAfter' | 'retry' | 'highWaterMark' | 'writeTimeout'>,
    Pick<StreamOptions, 'signal'>,
    FrameOptions<T>,
    SourceOptions<T> {
  /**
   * The id and the owner of the stream, as for `sseFrom`. `onDisconnect` takes `'continue'` or `{ grace }`, which also
   * counts from the start; its default is `'continue'`.
   */
  resumable?: ResumableOptions | undefined
}

/** The options of the plugin with their defaults filled in. */
export interface Settings extends EventStreamSettings, SourceTimeouts, FinishSettings {
  readonly maxEventBytes: number
  readonly drainTimeout: number
  readonly lastEventIdParameter: string | false
  readonly maxResponseBytes: number
  readonly maxStreams: number | false
  readonly maxStreamsPerOwner: number | false | OwnerLimit
  readonly maxStreamsPerConnection: number | false
  readonly resumable: PluginOptions['resumable']
  readonly store: EventStore | undefined
  readonly ownerKey: string | undefined
}
