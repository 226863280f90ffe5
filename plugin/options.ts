import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { FST_SSE_OPTION_INVALID } from './errors.js'
import type { Protocol } from './framing/protocols/protocol.js'
import { type ProtocolName, protocolNames } from './framing/protocols/protocols.js'
import type { StreamSummary } from './response/summary.js'
import { STREAM_ID_PATTERN } from './resume/event-id.js'
import type { ResumableOptions } from './resume/resumable-options.js'
import { isDispatched, isEvent, type SseEvent } from './sse/event.js'
import type { EventStore } from './stores/event-store.js'
import { compileOptionsValidator, hasMethods, withDefaults } from './util/validate.js'

const MAX_MS = 2 ** 31 - 1

const PROTOCOL = `${protocolNames.map(name => `'${name}'`).join(', ')} or a Protocol`

const STORE = 'an EventStore, such as a MemoryStore or a RedisStore'

/** By these an event store is known. */
const STORE_METHODS: (keyof EventStore)[] = [
  'create',
  'append',
  'renew',
  'read',
  'follow',
  'endLost',
  'stop',
  'subscribe'
]

function ms(minimum: number, rest: { default?: number }) {
  const description = `a whole number of milliseconds from ${minimum} to ${MAX_MS}`
  return Type.Integer({ minimum, maximum: MAX_MS, description, ...rest })
}

function bytes(rest: { default: number }) {
  return Type.Integer({
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'a positive whole number of bytes',
    ...rest
  })
}

function callback() {
  return Type.Optional(Type.Function([], Type.Unknown(), { description: 'a function' }))
}

/** The options that a stream may set for itself and the plugin for all streams. */
const settings = {
  /**
   * After how much silence a comment line is sent, so that proxies keep the connection open and a client can tell a
   * slow model from a dead network. Milliseconds, or `false` for never. Default: 15000.
   */
  heartbeat: Type.Optional(
    Type.Union([ms(1, {}), Type.Literal(false)], {
      default: 15_000,
      description: `a whole number of milliseconds from 1 to ${MAX_MS}, or false`
    })
  ),
  /**
   * How long the head of the response waits for the first event. A source that fails within this time gets an ordinary
   * error response with a status of its own; one that fails later, an `error` event. Milliseconds. Default: 1000.
   */
  commitAfter: Type.Optional(ms(0, { default: 1000 })),
  /** Sent once at the start: how long clients wait before they reconnect. Milliseconds. Default: not sent, which leaves it to the client. */
  retry: Type.Optional(ms(0, {})),
  /** How much of a stream is held for a client that reads slowly: its source is paused from then on. Bytes. Default: 16384. */
  highWaterMark: Type.Optional(bytes({ default: 16 * 1024 })),
  /** The largest event that is sent, as it is on the wire. A larger one ends the stream with `FST_SSE_EVENT_TOO_LARGE`. Bytes. Default: 1048576. */
  maxEventBytes: Type.Optional(bytes({ default: 1024 * 1024 }))
}

const onDisconnect = Type.Optional(
  Type.Union(
    [
      Type.Literal('abort'),
      Type.Literal('continue'),
      Type.Object({ grace: ms(0, {}) }, { additionalProperties: false })
    ],
    { description: `'abort', 'continue' or { grace }, ${ms(0, {}).description}` }
  )
)

/** What `resumable` takes: for all streams, or for one, which may have an id of its own. */
function resumable(id: { id?: TSchema }, names: string) {
  const options = Type.Object({ ...id, owner: callback(), onDisconnect }, { additionalProperties: false })
  return Type.Optional(
    Type.Unsafe<boolean | ResumableOptions>(
      Type.Union([Type.Boolean(), options], { description: `true, false, or an object with ${names}` })
    )
  )
}

const PluginSchema = Type.Object(
  {
    ...settings,
    /**
     * Makes all streams resumable, unless they say otherwise. Their sources have to be functions then. Default: `false`.
     */
    resumable: resumable({}, 'owner or onDisconnect'),
    /** Where the events of resumable streams are kept. Default: a `MemoryStore`. */
    store: Type.Optional(Type.Unsafe<EventStore>(Type.Object({}, { description: STORE }))),
    /** How long `app.close()` lets running streams go on before it cuts them off. Milliseconds. Default: 5000. */
    drainTimeout: Type.Optional(ms(0, { default: 5000 }))
  },
  { additionalProperties: false, description: 'an object' }
)

const StreamSchema = Type.Object(
  {
    ...settings,
    resumable: resumable(
      { id: Type.Optional(Type.String({ pattern: STREAM_ID_PATTERN.source })) },
      'id (1 to 128 letters, digits, - or _), owner or onDisconnect'
    ),
    protocol: Type.Optional(
      Type.Unsafe<ProtocolName | Protocol>(
        Type.Union(
          [
            Type.Union(protocolNames.map(name => Type.Literal(name))),
            Type.Object({
              headers: Type.Optional(Type.Record(Type.String(), Type.String())),
              reconnects: Type.Optional(Type.Boolean())
            })
          ],
          { description: PROTOCOL }
        )
      )
    ),
    map: callback(),
    isComplete: callback(),
    event: Type.Optional(Type.String({ pattern: '^[^\\r\\n]*$', description: 'a name without CR or LF' })),
    end: Type.Optional(
      Type.Union([Type.Literal(false), Type.String({ pattern: '^[^\\r\\n]*$' }), Type.Object({})], {
        description: 'false, the name of an event without CR or LF, or an event with a name or data'
      })
    ),
    onError: callback(),
    onClose: callback(),
    signal: Type.Optional(
      Type.Object(
        { aborted: Type.Boolean(), addEventListener: Type.Function([], Type.Unknown()) },
        { description: 'an AbortSignal' }
      )
    )
  },
  { additionalProperties: false, description: 'an object' }
)

/** The options of `app.register(sseFrom, options)`: the defaults of all streams, and how the server closes. */
export type PluginOptions = Static<typeof PluginSchema>

/**
 * The options of one `reply.sseFrom(source, options)`. Those that the plugin has too take its value when they are left out.
 *
 * @template T what the source yields
 */
export interface StreamOptions<T = never> extends Omit<PluginOptions, 'drainTimeout' | 'store' | 'resumable'> {
  /**
   * How the stream is framed, for clients that expect something else than the plugin's own events: those of OpenAI's API
   * (chat completions and Responses), of Anthropic's, or of the AI SDK. Its source, or `map`, then gives the chunks that such a
   * client expects, as its provider's SDK does. Not on a route that declares its events. Default: `'events'`.
   */
  protocol?: ProtocolName | Protocol | undefined
  /** Makes an event, or the data of one, of each item. `undefined` skips the item. Default: the item itself. */
  map?: ((item: T) => unknown) | undefined
  /**
   * Whether the answer is complete with this item, which it is given as the source yields it, before `map`. A source that
   * ends, and has had no such item, fails with `FST_SSE_SOURCE_TRUNCATED`: the streams of most SDKs end in the same way
   * when the provider's answer was cut off. Only `true` is taken for a yes. Default: every end is that of a complete answer.
   */
  isComplete?: ((item: T) => boolean) | undefined
  /** The name of events that name none themselves. Default: none, which clients dispatch as `message`. */
  event?: string | undefined
  /**
   * The last event of a complete stream. A string is its name, with the source's return value as data (`{}` where it
   * has none). `false` sends none, after which EventSource reconnects and starts the source again. Default: `'done'`.
   */
  end?: false | string | SseEvent | undefined
  /**
   * Called when a stream that has begun fails. What it returns is sent as the last event in place of the default one,
   * `event: error` with `{ statusCode, code, message }`, or that of the `protocol`, whose form it has to have then.
   */
  onError?: ((error: Error) => SseEvent | undefined) | undefined
  /** Called exactly once when all is over, with what became of the stream. */
  onClose?: ((summary: StreamSummary) => void) | undefined
  /** Ends the stream when it is aborted: with its reason, where that is an Error with a `statusCode`, otherwise with `FST_SSE_STOPPED`. */
  signal?: AbortSignal | undefined
  /**
   * Whether a client that has lost its connection gets the rest of the same stream, with one run of the source. The source has to
   * be a function then, since it is not called for a client that comes back. Its events get their ids from the plugin.
   * Default: what the plugin's options say.
   */
  resumable?: boolean | ResumableOptions | undefined
}

/** The options of one `reply.sseResume(id, options)`. */
export interface ResumeOptions
  extends Pick<StreamOptions, 'heartbeat' | 'commitAfter' | 'retry' | 'highWaterMark' | 'onClose' | 'signal'> {
  /** What the stream was begun with: for any other it is not there. Default: `'events'`. */
  protocol?: StreamOptions['protocol']
  /** Whose the stream has to be. Default: what the plugin's `resumable` says. */
  owner?: ResumableOptions['owner']
}

/** The options of the plugin with their defaults filled in. */
export interface Settings {
  readonly heartbeat: number | false
  readonly commitAfter: number
  readonly retry: number | undefined
  readonly highWaterMark: number
  readonly maxEventBytes: number
  readonly drainTimeout: number
  readonly resumable: boolean | ResumableOptions | undefined
  readonly store: EventStore | undefined
}

/** What Fastify itself takes in the options of `register`. */
const REGISTER_OPTIONS = ['prefix', 'logLevel', 'logSerializers']

/** What a stream may set for itself. */
const NAMES = Object.keys(settings) as (keyof typeof settings)[]

const checkPlugin = compileOptionsValidator(PluginSchema)
const checkStream = compileOptionsValidator(StreamSchema)

/**
 * Checks the options of one stream.
 * @throws FST_SSE_OPTION_INVALID
 */
export function checkStreamOptions(options: StreamOptions): void {
  checkStream(options)
  const { end, protocol = 'events' } = options
  if (typeof protocol === 'object' && !hasMethods(protocol, ['start'])) {
    throw new FST_SSE_OPTION_INVALID('protocol', `takes ${PROTOCOL}`)
  }
  for (const name of ['event', 'end'] as const) {
    if (protocol !== 'events' && options[name] !== undefined) {
      throw new FST_SSE_OPTION_INVALID(name, "is for the protocol 'events' only: others say themselves what is sent")
    }
  }
  if (typeof end === 'object' && !(isEvent(end) && isDispatched(end))) {
    throw new FST_SSE_OPTION_INVALID('end', `takes ${StreamSchema.properties.end.description}`)
  }
}

/**
 * Checks the options of the plugin and fills in the defaults.
 * @throws FST_SSE_OPTION_INVALID
 */
export function pluginSettings(options: PluginOptions): Settings {
  const own = Object.fromEntries(Object.entries(options).filter(([name]) => !REGISTER_OPTIONS.includes(name)))
  checkPlugin(own)
  const { store } = options
  if (store !== undefined && !hasMethods(store, STORE_METHODS)) {
    throw new FST_SSE_OPTION_INVALID('store', `takes ${STORE}`)
  }
  return withDefaults(PluginSchema, own) as Settings
}

/** The settings of a stream: its own before the plugin's. */
export function streamSettings(plugin: Settings, own: StreamOptions): Settings {
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
