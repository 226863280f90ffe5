// A page gets only what is named here; `Type` would bring all kinds of schemas.
import { Integer, type TUnsafe, Object as TypeObject, String as TypeString } from '@sinclair/typebox'
import type { DataCheck } from './data-check.js'
import type { DataSchema } from './data-schema.js'
import { readableDocument, recursiveParts } from './document.js'
import { type DataChecks, makeCheck, readData } from './event-check.js'

/** The events of a route: the schema of the data of each, by name. `message` stands for unnamed events. */
export type EventMap = Readonly<Record<string, DataSchema>>

declare const events: unique symbol
declare const body: unique symbol
const CHECKS = Symbol.for('fastify-sse-from.checks')
const BODY = Symbol.for('fastify-sse-from.body')
/** For the client: the function that decodes the data of an event. See its `validate` option. */
const READ = Symbol.for('fastify-sse-from.read')

const LINE_END = /[\r\n]/

/**
 * Declares a stream of these events, at `response: { 200: ... }` of a route's schema. `eventStream` returns it.
 *
 * @template Body the schema of the JSON body that clients get which prefer that; `undefined` for none
 */
export interface EventStreamSchema<
  Events extends EventMap = EventMap,
  Body extends DataSchema | undefined = DataSchema | undefined
> {
  readonly description: string
  readonly headers: Readonly<Record<string, object>>
  readonly content: Readonly<Record<string, { schema: object; itemSchema?: object }>>
  /** The events, for the type checker only. */
  readonly [events]?: Events
  /** The body, for the type checker only. */
  readonly [body]?: Body
}

/** What `eventStream` takes beside the events. */
export interface EventStreamOptions<Body extends DataSchema | undefined = undefined> {
  /** Describes the response in OpenAPI documents. Default: `'Server-sent events'`. */
  description?: string | undefined
  /**
   * The schema of the body that the `json` option of `reply.sseFrom` makes, for clients that prefer one JSON body. The
   * body is checked against it, and documented. Default: none.
   */
  json?: Body
}

/** What a stream that is resumable has. Headers are optional in OpenAPI. */
const HEADERS = { 'x-stream-id': { type: 'string', description: 'The id of the stream, if it is resumable' } }

/** The data of the event that reports a failure, unless the map declares it. */
const ErrorData = TypeObject({ statusCode: Integer(), code: TypeString(), message: TypeString() })

/** The data of the event that ends a complete stream, unless the map declares it. */
const DoneData = TypeObject({})

/** The data of the event that ends a stream which was stopped on request, unless the map declares it. */
const StoppedData = TypeObject({})

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
 * @param map the schema of the data of each event, by name: of TypeBox 0.34 or 1, or a Standard Schema with JSON
 *   Schema, such as those of zod
 * @param options the description of the response, or see `EventStreamOptions`
 * @throws FST_SSE_EVENT_INVALID if a name contains CR or LF, or a schema is none that can be checked and documented
 * @example
 * const Tokens = eventStream({ message: Type.String(), done: Type.Object({ finishReason: Type.String() }) })
 * app.get('/stream', { schema: { response: { 200: Tokens } } }, (request, reply) => reply.sseFrom(source))
 */
export function eventStream<const Events extends EventMap, const Body extends DataSchema | undefined = undefined>(
  map: Events,
  options: string | EventStreamOptions<Body> = {}
): EventStreamSchema<Events, Body> {
  const { description = 'Server-sent events', json } = typeof options === 'string' ? { description: options } : options
  const { done = DoneData, error = ErrorData, stopped = StoppedData } = map
  const all: EventMap = { ...map, done, error, stopped }
  const checks = Object.fromEntries(Object.entries(all).map(([name, schema]) => [name, eventCheck(name, schema)]))
  const item = itemSchema(checks)
  const jsonBody = json === undefined ? undefined : checkOf(json, 'the JSON body')
  const documents = [...Object.values(checks), ...(jsonBody === undefined ? [] : [jsonBody])]
  return {
    description,
    ...recursiveParts(documents.map(({ document }) => document)),
    headers: { ...HEADERS },
    content: {
      'text/event-stream': { schema: { type: 'array', items: item }, itemSchema: item },
      ...(jsonBody !== undefined && { 'application/json': { schema: jsonBody.document } })
    },
    [CHECKS]: checks,
    ...(jsonBody !== undefined && { [BODY]: jsonBody }),
    [READ]: (name: string, text: string) => readData(checks, name, text)
  } as EventStreamSchema<Events, Body>
}

/** The responses that the schema of a route declares. */
export function responsesOf(schema: unknown): object[] {
  return Object.values((schema as { response?: Record<string, object> } | undefined)?.response ?? {})
}

/** The check of the JSON body that `eventStream` was given; `undefined` if it was given none. */
export function bodyOf(schema: unknown): DataCheck | undefined {
  return Object(schema)[BODY]
}

/** The schemas in the content of a response that `eventStream` has made, by media type. */
export function ownContent(response: object): Record<string, { schema: object }> {
  if (checksOf(response) === undefined) return {}
  const { content } = response as { content: Record<string, { schema: object }> }
  const document = bodyOf(response)?.document
  return Object.fromEntries(
    Object.entries(content).filter(([type, { schema }]) => type === 'text/event-stream' || schema === document)
  )
}

/** The checks of a schema that `eventStream` returned; `undefined` for any other schema. */
export function checksOf(schema: unknown): DataChecks | undefined {
  return Object(schema)[CHECKS]
}

/** @throws FST_SSE_EVENT_INVALID */
function eventCheck(name: string, schema: unknown): DataCheck {
  if (LINE_END.test(name)) throw invalid('event must not contain CR or LF')
  return checkOf(schema, `"${name}"`)
}

/** @throws FST_SSE_EVENT_INVALID */
function checkOf(schema: unknown, what: string): DataCheck {
  try {
    const check = makeCheck(schema)
    return { ...check, document: readableDocument(check.document) }
  } catch (cause) {
    throw invalid(`the schema of ${what} ${cause instanceof Error ? cause.message : cause}`, cause)
  }
}

/** Describes one event for OpenAPI 3.2 (section "Sequential Media Types"): its fields are text, its data often JSON. */
function itemSchema(checks: DataChecks): object {
  const oneOf = Object.entries(checks).map(([name, { document, text: form }]) => {
    const data =
      form === 'always' ? document : { type: 'string', contentMediaType: 'application/json', contentSchema: document }
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

/** Like the plugin's other errors, but made without `@fastify/error`, so that it runs in browsers. */
function invalid(what: string, cause?: unknown): Error {
  const error = new Error(`invalid event: ${what}`, { cause })
  return Object.assign(error, { code: 'FST_SSE_EVENT_INVALID', statusCode: 500 })
}
