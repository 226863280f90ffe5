import { type TSchema, type TUnsafe, Type } from '@sinclair/typebox'
import { type DataChecks, makeCheck, readData } from './event-check.js'

/** The events of a route: the name of each, and the schema of its data. Unnamed events are those of `message`. */
export type EventMap = Readonly<Record<string, TSchema>>

declare const events: unique symbol
const CHECKS = Symbol.for('fastify-sse-from.checks')
/** Where the client finds how the data of an event is read: see its `validate`. */
const READ = Symbol.for('fastify-sse-from.read')

const LINE_END = /[\r\n]/

/** What stands in a route's schema at `response: { 200: ... }` for a stream of these events. Made by `eventStream`. */
export interface EventStreamSchema<Events extends EventMap = EventMap> {
  readonly description: string
  readonly content: Readonly<Record<string, { schema: object; itemSchema?: object }>>
  /** The events, for the type checker only. */
  readonly [events]?: Events
}

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
  if (Object.keys(all).some(name => LINE_END.test(name))) throw invalidName()
  const item = itemSchema(all)
  const checks = Object.fromEntries(Object.entries(all).map(([name, schema]) => [name, makeCheck(schema)]))
  return {
    description,
    content: { 'text/event-stream': { schema: { type: 'array', items: item }, itemSchema: item } },
    [CHECKS]: checks,
    [READ]: (name: string, text: string) => readData(checks, name, text)
  } as EventStreamSchema<Events>
}

/** The checks of a schema that `eventStream` has made; `undefined` for any other. */
export function checksOf(schema: unknown): DataChecks | undefined {
  return typeof schema === 'object' && schema !== null && CHECKS in schema ? (schema[CHECKS] as DataChecks) : undefined
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

/** As all errors of the plugin, which are made with a package that browsers do not have. */
function invalidName(): Error {
  const error = new Error('invalid event: event must not contain CR or LF')
  return Object.assign(error, { code: 'FST_SSE_EVENT_INVALID', statusCode: 500 })
}
