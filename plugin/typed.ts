import { type TSchema, type TUnsafe, Type } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler, type ValueError } from '@sinclair/typebox/compiler'
import type { FastifyReply } from 'fastify'
import { FST_SSE_EVENT_INVALID } from './errors.js'
import { type EncodeData, kindOf, startOf, toJson } from './event.js'
import type { EventMap, EventStreamSchema } from './event-schema.js'
import { type Codec, plainCodec } from './frames.js'

const checks = Symbol.for('fastify-sse-from.checks')
/** Where the client finds, without this file, how the data of an event is read: see its `validate`. */
const read = Symbol.for('fastify-sse-from.read')

/** The event that the plugin itself sends when a stream fails, unless the map has one of its own. */
const ErrorData = Type.Object({ statusCode: Type.Integer(), code: Type.String(), message: Type.String() })

/** The event that ends a complete stream, unless the map has one of its own. */
const DoneData = Type.Object({})

/** The events that every stream has, whatever its map. */
export interface DefaultEvents {
  /** A source need not return anything for it. */
  // biome-ignore lint/suspicious/noConfusingVoidType: what a generator without a return statement returns
  done: TUnsafe<void | Record<string, never>>
  error: typeof ErrorData
}

type Checks = Readonly<Record<string, TypeCheck<TSchema>>>

/**
 * Declares the events of a route. From what it returns follow what `reply.sseFrom` accepts there, the check and the
 * serializer of every event's data, and what OpenAPI documents say of it.
 *
 * ```ts
 * const Tokens = eventStream({ message: Type.String(), done: Type.Object({ finishReason: Type.String() }) })
 * app.get('/stream', { schema: { response: { 200: Tokens } } }, (request, reply) => reply.sseFrom(source))
 * ```
 *
 * `done` and `error` need not be declared: they carry `{}` and `{ statusCode, code, message }` then.
 *
 * @param map the name of each event and the schema of its data
 * @throws FST_SSE_EVENT_INVALID where a name has a CR or LF
 */
export function eventStream<const Events extends EventMap>(
  map: Events,
  description = 'Server-sent events'
): EventStreamSchema<Events> {
  const all: EventMap = { ...map, done: map.done ?? DoneData, error: map.error ?? ErrorData }
  for (const name of Object.keys(all)) startOf(name)
  const item = itemSchema(all)
  const declared = Object.fromEntries(Object.entries(all).map(([name, schema]) => [name, TypeCompiler.Compile(schema)]))
  return {
    description,
    content: { 'text/event-stream': { schema: { type: 'array', items: item }, itemSchema: item } },
    [checks]: declared,
    [read]: (name: string, text: string) => readData(declared, name, text)
  } as EventStreamSchema<Events>
}

/** By the configuration of each route, which no other route shares: serializers belong to the app. */
const codecs = new WeakMap<object, Codec>()

/** The codec for the events that the route of a reply declares; the plain one where it declares none. */
export function codecOf(reply: FastifyReply): Codec {
  const { schema, config } = reply.routeOptions
  let codec = codecs.get(config)
  if (codec === undefined) {
    const declared = Object.values((schema as { response?: object } | undefined)?.response ?? {}).find(isEventStream)
    codec = declared === undefined ? plainCodec : makeCodec(declared[checks], reply)
    codecs.set(config, codec)
  }
  return codec
}

function makeCodec(declared: Checks, reply: FastifyReply): Codec {
  const encoders = new Map<string, (data: unknown) => string>()
  for (const [name, check] of Object.entries(declared)) {
    encoders.set(
      name,
      makeEncoder(name, check, reply.compileSerializationSchema(check.Schema()) as (data: unknown) => string)
    )
  }
  const data: EncodeData = (value, name = 'message') => {
    const encode = encoders.get(name)
    if (encode !== undefined) return encode(value)
    throw new FST_SSE_EVENT_INVALID(undeclared(declared, name))
  }
  return { data, result: data }
}

function makeEncoder(name: string, check: TypeCheck<TSchema>, serialize: (data: unknown) => string) {
  return (data: unknown): string => {
    if (!check.Check(data)) throw new FST_SSE_EVENT_INVALID(mismatch(name, check, data))
    if (typeof data === 'string') return data
    return toJson(data, serialize)
  }
}

/** What an encoder has written. A string was sent as it is and all else as JSON, so what passes as a string is one. */
function readData(declared: Checks, name: string, text: string): unknown {
  const check = Object.hasOwn(declared, name) ? declared[name] : undefined
  if (check === undefined) throw new TypeError(undeclared(declared, name))
  if (check.Check(text)) return text
  const data: unknown = JSON.parse(text)
  if (!check.Check(data)) throw new TypeError(mismatch(name, check, data))
  return data
}

function undeclared(declared: Checks, name: string): string {
  return `the route declares no event "${name}", only ${Object.keys(declared).join(', ')}`
}

function mismatch(name: string, check: TypeCheck<TSchema>, data: unknown): string {
  const { message, path, value } = check.Errors(data).First() as ValueError
  const what = `${message}${path && ` at ${path}`}, but it is ${kindOf(value)}`
  return `the data of "${name}" is not what the route declares: ${what}`
}

function isEventStream(schema: unknown): schema is { [checks]: Checks } {
  return typeof schema === 'object' && schema !== null && checks in schema
}

/** One event as OpenAPI 3.2 describes it (section "Sequential Media Types"): its fields are text, its data often JSON. */
function itemSchema(map: EventMap): object {
  const oneOf = Object.entries(map).map(([name, schema]) => {
    const data = isText(schema)
      ? schema
      : { type: 'string', contentMediaType: 'application/json', contentSchema: schema }
    // Only a message may leave its name out.
    return { properties: { event: { const: name }, data }, required: name === 'message' ? ['data'] : ['event', 'data'] }
  })
  const text = { type: 'string' }
  return {
    type: 'object',
    properties: { event: text, data: text, id: text, retry: { type: 'integer', minimum: 0 } },
    required: ['data'],
    oneOf
  }
}

/** Whether data of this schema is sent as it is, not as JSON. */
function isText({ type, anyOf }: TSchema): boolean {
  return type === 'string' || (Array.isArray(anyOf) && anyOf.every(isText))
}
