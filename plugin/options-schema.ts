import { type TSchema, Type } from '@sinclair/typebox'
import { protocolNames } from './framing/protocols/protocols.js'
import type { PluginOptions, ResumeOptions, StartOptions, StreamOptions, StreamSettings } from './options.js'

const MAX_MS = 2 ** 31 - 1

/** The valid values of an option, in the words of the error. */
export const PROTOCOL = `${protocolNames.map(name => `'${name}'`).join(', ')} or a Protocol`
export const END = 'false, the name of an event without CR or LF, or an event with a name or data'

/** The options of `register` that belong to Fastify itself. */
export const REGISTER_OPTIONS = ['prefix', 'logLevel', 'logSerializers']

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

const callback = Type.Optional(Type.Function([], Type.Unknown(), { description: 'a function' }))

function options<Properties extends Record<string, TSchema>>(properties: Properties) {
  return Type.Object(properties, { additionalProperties: false, description: 'an object' })
}

/** Milliseconds, or `false` for none. */
function msOrFalse(rest: { default: number }) {
  const description = `a whole number of milliseconds from 1 to ${MAX_MS}, or false`
  return Type.Optional(Type.Union([ms(1, {}), Type.Literal(false)], { description, ...rest }))
}

/** The settings that `reply.sseResume` takes too. */
const response = {
  heartbeat: msOrFalse({ default: 15_000 }),
  commitAfter: Type.Optional(ms(0, { default: 1000 })),
  retry: Type.Optional(ms(0, {})),
  highWaterMark: Type.Optional(bytes({ default: 16 * 1024 })),
  writeTimeout: msOrFalse({ default: 60_000 })
}

/** The settings of a source, which `reply.sseStart` takes too. */
const source = {
  maxEventBytes: Type.Optional(bytes({ default: 1024 * 1024 })),
  providerKey: Type.Optional(
    Type.Union([Type.Literal('server'), Type.Literal('user')], {
      default: 'server',
      description: "'server' or 'user'"
    })
  ),
  firstEventTimeout: msOrFalse({ default: 600_000 }),
  idleTimeout: msOrFalse({ default: 300_000 }),
  maxDuration: msOrFalse({ default: 3_600_000 }),
  onFinish: callback,
  drainForUsage: Type.Optional(ms(0, {}))
}

/** The settings that both the plugin and a stream take. */
const settings = { ...response, ...source } satisfies Record<keyof StreamSettings, TSchema>

/** The names of the settings that both the plugin and a stream take. */
export const SETTING_NAMES = Object.keys(settings) as (keyof StreamSettings)[]

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

const owner = { owner: callback, anonymous: Type.Optional(Type.Boolean({ description: 'true or false' })) }

/** The `resumable` option of the plugin, or of a stream, which also takes an `id`. */
function resumable(id: { id?: TSchema }, names: string) {
  const options = Type.Object({ ...id, ...owner, onDisconnect }, { additionalProperties: false })
  return Type.Optional(
    Type.Union([Type.Boolean(), options], { description: `true, false, or an object with ${names}` })
  )
}

const protocol = Type.Optional(
  Type.Union(
    [
      Type.Union(protocolNames.map(name => Type.Literal(name))),
      Type.Object({
        headers: Type.Optional(Type.Record(Type.String(), Type.String())),
        reconnects: Type.Optional(Type.Boolean()),
        resumesNothing: Type.Optional(Type.Boolean()),
        text: callback
      })
    ],
    { description: PROTOCOL }
  )
)

const signal = Type.Optional(
  Type.Object(
    { aborted: Type.Boolean(), addEventListener: Type.Function([], Type.Unknown()) },
    { description: 'an AbortSignal' }
  )
)

const count = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
const COUNT = 'a positive whole number'

/** How many streams there may be, or `false` for any number. */
function countOrFalse(rest: { default: number }) {
  return Type.Optional(Type.Union([count, Type.Literal(false)], { description: `${COUNT}, or false`, ...rest }))
}

const maxStreamsPerOwner = Type.Optional(
  Type.Union([count, Type.Literal(false), Type.Object({ limit: count, ...owner }, { additionalProperties: false })], {
    default: false,
    description: `${COUNT}, false, or an object with limit (${COUNT}), owner or anonymous`
  })
)

/** The options of the plugin. */
export const PluginSchema = options({
  ...settings,
  resumable: resumable({}, 'owner, anonymous or onDisconnect'),
  store: Type.Optional(Type.Unknown()),
  ownerKey: Type.Optional(Type.String({ minLength: 16, description: 'a secret of at least 16 characters' })),
  maxStreams: countOrFalse({ default: 10_000 }),
  maxStreamsPerOwner,
  maxStreamsPerConnection: countOrFalse({ default: 100 }),
  maxResponseBytes: Type.Optional(bytes({ default: 4 * 1024 * 1024 })),
  drainTimeout: Type.Optional(ms(0, { default: 5000 })),
  lastEventIdParameter: Type.Optional(
    Type.Union([Type.String({ minLength: 1 }), Type.Literal(false)], {
      default: 'lastEventId',
      description: 'the name of a query parameter, or false'
    })
  )
} satisfies Record<keyof PluginOptions, TSchema>)

/** The options of `reply.sseFrom`. */
export const StreamSchema = options({
  ...settings,
  resumable: resumable(
    { id: Type.Optional(Type.Unknown()) },
    'id (1 to 128 letters, digits, - or _), owner, anonymous or onDisconnect'
  ),
  protocol,
  map: callback,
  isComplete: callback,
  json: callback,
  usageOf: callback,
  event: Type.Optional(Type.String({ pattern: '^[^\\r\\n]*$', description: 'a name without CR or LF' })),
  end: Type.Optional(
    Type.Union([Type.Literal(false), Type.String({ pattern: '^[^\\r\\n]*$' }), Type.Object({})], { description: END })
  ),
  onError: callback,
  onClose: callback,
  signal
} satisfies Record<keyof StreamOptions, TSchema>)

/** The options of `reply.sseResume`. */
export const ResumeSchema = options({
  ...response,
  protocol,
  onClose: callback,
  signal,
  ...owner,
  after: Type.Optional(Type.Integer({ minimum: 0, description: 'a whole number, 0 or more' }))
} satisfies Record<keyof ResumeOptions, TSchema>)

const { properties: stream } = StreamSchema

/** The options of `reply.sseStart`. */
export const StartSchema = options({
  ...source,
  resumable: Type.Optional(
    Type.Object(
      { id: Type.Optional(Type.Unknown()), ...owner, onDisconnect },
      {
        additionalProperties: false,
        description: 'an object with id (1 to 128 letters, digits, - or _), owner, anonymous or onDisconnect'
      }
    )
  ),
  protocol,
  map: callback,
  isComplete: callback,
  usageOf: callback,
  event: stream.event,
  end: stream.end,
  onError: callback,
  signal
} satisfies Record<keyof StartOptions, TSchema>)
