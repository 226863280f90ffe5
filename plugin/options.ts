import { FST_SSE_OPTION_INVALID } from './errors.js'
import type { FrameOptions } from './framing/frame-encoder.js'
import { END, NAMES, PluginSchema, PROTOCOL, REGISTER_OPTIONS, ResumeSchema, StreamSchema } from './options-schema.js'
import type { EventStreamSettings } from './response/event-stream.js'
import type { SummaryOptions } from './response/summary.js'
import type { ResumableOptions } from './resume/resumable-options.js'
import type { SourceOptions } from './source/source.js'
import { isDispatched, isEvent } from './sse/event.js'
import type { EventStore } from './stores/event-store.js'
import { validateStore } from './stores/validate-store.js'
import { compileOptionsValidator, hasMethods, withDefaults } from './util/validate.js'

/** What a stream may set for itself, and the plugin for all streams. */
export interface StreamSettings {
  /**
   * After how much silence a comment line is sent, so that proxies keep the connection open and a client can tell a
   * slow model from a dead network. Milliseconds, or `false` for never. Default: 15000.
   */
  heartbeat?: number | false | undefined
  /**
   * How long the head of the response waits for the first event. A source that fails within this time gets an ordinary
   * error response with a status of its own; one that fails later, an `error` event. Milliseconds. Default: 1000.
   */
  commitAfter?: number | undefined
  /** The reconnect delay that clients are told at the start. Milliseconds. Default: none, which leaves it to the client. */
  retry?: number | undefined
  /** How much of a stream is held for a client that reads slowly. From then on its source is paused. Bytes. Default: 16384. */
  highWaterMark?: number | undefined
  /**
   * The largest event that is sent, as it is on the wire. A larger one ends the stream with `FST_SSE_EVENT_TOO_LARGE`.
   * Bytes. Default: 1048576.
   */
  maxEventBytes?: number | undefined
}

/** The options of `app.register(sseFrom, options)`: the defaults of all streams, and how the server closes. */
export interface PluginOptions extends StreamSettings {
  /** Makes all streams resumable, unless they say otherwise. Their sources must then be functions. Default: `false`. */
  resumable?: boolean | Omit<ResumableOptions, 'id'> | undefined
  /** Where the events of resumable streams are kept. Default: a `MemoryStore`. */
  store?: EventStore | undefined
  /** How long `app.close()` lets running streams go on before it cuts them off. Milliseconds. Default: 5000. */
  drainTimeout?: number | undefined
}

/**
 * The options of one `reply.sseFrom(source, options)`. Those that the plugin has too take its value when they are left out.
 *
 * @template T what the source yields
 */
export interface StreamOptions<T = never> extends StreamSettings, FrameOptions<T>, SourceOptions<T>, SummaryOptions {
  /**
   * Ends the stream when it is aborted: with its reason, where that is an Error with a `statusCode`, otherwise with
   * `FST_SSE_STOPPED`. Default: none.
   */
  signal?: AbortSignal | undefined
  /**
   * Whether a client that has lost its connection gets the rest of the same stream, with one run of the source. The
   * source must then be a function, since it is not called for a client that comes back. The plugin numbers the events.
   * Default: what the plugin's options say.
   */
  resumable?: boolean | ResumableOptions | undefined
}

/** The options of one `reply.sseResume(id, options)`. */
export interface ResumeOptions
  extends Pick<StreamOptions, 'heartbeat' | 'commitAfter' | 'retry' | 'highWaterMark' | 'onClose' | 'signal'> {
  /** What the stream was begun with. A stream of another protocol is not there. Default: `'events'`. */
  protocol?: StreamOptions['protocol']
  /** Whose the stream must be. Default: what the plugin's `resumable` says. */
  owner?: ResumableOptions['owner']
}

/** The options of the plugin with their defaults filled in. */
export interface Settings extends EventStreamSettings {
  readonly maxEventBytes: number
  readonly drainTimeout: number
  readonly resumable: PluginOptions['resumable']
  readonly store: EventStore | undefined
}

const checkPlugin = compileOptionsValidator(PluginSchema)
const checkStream = compileOptionsValidator(StreamSchema)
const checkResume = compileOptionsValidator(ResumeSchema)

/**
 * Checks the options of one stream.
 * @throws FST_SSE_OPTION_INVALID
 */
export function checkStreamOptions(options: StreamOptions): void {
  checkStream(options)
  checkProtocol(options)
  const { end, protocol = 'events' } = options
  for (const name of ['event', 'end'] as const) {
    if (protocol !== 'events' && options[name] !== undefined) {
      throw new FST_SSE_OPTION_INVALID(name, "is for the protocol 'events' only: others say themselves what is sent")
    }
  }
  if (typeof end === 'object' && !(isEvent(end) && isDispatched(end))) {
    throw new FST_SSE_OPTION_INVALID('end', `takes ${END}`)
  }
}

/**
 * Checks the options of one response that goes on with a stream.
 * @throws FST_SSE_OPTION_INVALID
 */
export function checkResumeOptions(options: ResumeOptions): void {
  checkResume(options)
  checkProtocol(options)
}

function checkProtocol({ protocol }: Pick<StreamOptions, 'protocol'>): void {
  if (typeof protocol === 'object' && !hasMethods(protocol, ['start'])) {
    throw new FST_SSE_OPTION_INVALID('protocol', `takes ${PROTOCOL}`)
  }
}

/**
 * Checks the options of the plugin and fills in the defaults.
 * @throws FST_SSE_OPTION_INVALID
 */
export function pluginSettings(options: PluginOptions): Settings {
  const own = Object.fromEntries(Object.entries(options).filter(([name]) => !REGISTER_OPTIONS.includes(name)))
  checkPlugin(own)
  if (options.store !== undefined) validateStore(options.store)
  return withDefaults(PluginSchema, own) as Settings
}

/** The settings of a stream: its own before the plugin's. */
export function streamSettings(plugin: Settings, own: StreamSettings): Settings {
  // Most have none of their own, and thousands of them may be open.
  if (!NAMES.some(name => own[name] !== undefined)) return plugin
  return { ...plugin, ...Object.fromEntries(NAMES.map(name => [name, own[name] ?? plugin[name]])) }
}

/** How a stream is resumable: as it says itself, and for the rest as the plugin says; `undefined` where it is not. */
export function resumableOf(plugin: Settings, own: StreamOptions['resumable']): ResumableOptions | undefined {
  const { resumable = false } = plugin
  if (!(own ?? resumable)) return undefined
  return { ...(resumable as object), ...(own as object | undefined) }
}
