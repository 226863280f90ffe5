import { type TSchema, type TUnsafe, Type } from '@sinclair/typebox'
import { type DataChecks, makeCheck, readData } from './event-check.js'

/** The events of a route: the schema of the data of each, by name. `message` stands for unnamed events. */
export type EventMap = Readonly<Record<string, TSchema>>

declare const events: unique symbol
const CHECKS = Symbol.for('fastify-sse-from.checks')
/** For the client: the function that decodes the data of an event. See its `validate` option. */
const READ = Symbol.for('fastify-sse-from.read')

const LINE_END = /[\r\n]/

/** Declares a stream of these events, at `response: { 200: ... }` of a route's schema. `eventStream` returns it. */
export interface EventStreamSchema<Events extends EventMap = EventMap> {
  readonly description: string
  readonly content: Readonly<Record<string, { schema: object; itemSchema?: object }>>
  /** The events, for the type checker only. */
  readonly [events]?: Events
}

/** The data of the event that reports a failure, unless the map declares it. */
const ErrorData = Type.Object({ statusCode: Type.Integer(), code: Type.String(), message: Type.String() })

/** The data of the event that ends a complete stream, unless the map declares it. */
const DoneData = Type.Object({})

/** The data of the event that ends a stream which was stopped on request, unless the map declares it. */
const StoppedData = Type.Object({})

/** The events that every stream has, even if its map does not declare them. */
export interface DefaultEvents {
  /** The source need not return a value for it. */
  // biome-ignore lint/suspicious/noConfusingVoidType: what a generator without a return statement returns
  done: TUnsafe<void | Record<string, never>>
  error: typeof ErrorData
  stopped: typeof StoppedData
}

/**
 * Declares the events of a route (T1). The result determines what `reply.sseFrom` accepts on that route, checks and
 * serializes the data of every event, and describes the stream in OpenAPI documents.
 *
 * `done`, `error` and `stopped` need not be declared. By default their data is `{}`, `{ statusCode, code, message }`
 * and `{}`.
 *
 * @param map the schema of the data of each event, by name
 * @param description of the response, for OpenAPI documents. Default: `'Server-sent events'`
 * @throws FST_SSE_EVENT_INVALID if a name contains CR or LF
 * @example
 * const Tokens = eventStream({ message: Type.String(), done: Type.Object({ finishReason: Type.String() }) })
 * app.get('/stream', { schema: { response: { 200: Tokens } } }, (request, reply) => reply.sseFrom(source))
 */
export function eventStream<const Events extends EventMap>(
  map: Events,
  description = 'Server-sent events'
): EventStreamSchema<Events> {
  const { done = DoneData, error = ErrorData, stopped = StoppedData } = map
  const all: EventMap = { ...map, done, error, stopped }
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

/** The checks of a schema that `eventStream` returned; `undefined` for any other schema. */
export function checksOf(schema: unknown): DataChecks | undefined {
  return typeof schema === 'object' && schema !== null && CHECKS in schema ? (schema[CHECKS] as DataChecks) : undefined
}

/** Describes one event for OpenAPI 3.2 (section "Sequential Media Types"): its fields are text, its data often JSON. */
function itemSchema(map: EventMap): object {
  const oneOf = Object.entries(map).map(([name, schema]) => {
    const data = isText(schema)
      ? schema
      : { type: 'string', contentMediaType: 'application/json', contentSchema: schema }
    // Only `message` may be unnamed.
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

/** Whether data of this schema is text, which is not sent as JSON. */
function isText({ type, anyOf }: TSchema): boolean {
  return type === 'string' || (Array.isArray(anyOf) && anyOf.every(isText))
}

/** Like the plugin's other errors, but made without `@fastify/error`, so that it runs in browsers. */
function invalidName(): Error {
  const error = new Error('invalid event: event must not contain CR or LF')
  return Object.assign(error, { code: 'FST_SSE_EVENT_INVALID', statusCode: 500 })
}
