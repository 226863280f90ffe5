import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import type { FastifyInstance, FastifySerializerCompiler, RouteOptions } from 'fastify'
import { FST_SSE_EVENT_INVALID } from '../errors.js'
import type { DataCheck } from '../schema/data-check.js'
import { bodyOf, checksOf, ownContent, responsesOf } from '../schema/event-schema.js'

const build = SerializerSelector()

/**
 * Makes serializers as Fastify does by default, which leave out what a schema does not declare (T1). An app may have
 * another compiler, for schemas of its own kind.
 */
const compileSerializer = build() as FastifySerializerCompiler<unknown>

/** The serializer of each check. */
const serializers = new WeakMap<DataCheck, (data: unknown) => string>()

/**
 * The serializer of the data of a check.
 *
 * @param what whose data it is
 * @throws FST_SSE_EVENT_INVALID if its schema cannot be compiled
 */
export function serializerOf(check: DataCheck, what: string): (data: unknown) => string {
  let serialize = serializers.get(check)
  if (serialize === undefined) {
    try {
      serialize = compileSerializer({ schema: check.schema, method: '', url: '' })
    } catch (cause) {
      const why = (cause as Error).message
      throw new FST_SSE_EVENT_INVALID(`the schema of ${what} cannot be compiled to a serializer: ${why}`, { cause })
    }
    serializers.set(check, serialize)
  }
  return serialize
}

/**
 * Lets an app start whose compiler does not know the schemas that `eventStream` makes (V3). It compiles the others of
 * the route.
 *
 * @throws FST_SSE_EVENT_INVALID if the schema of an event cannot be compiled
 */
export function compileEventStreams(app: FastifyInstance, route: RouteOptions): void {
  const responses = responsesOf(route.schema)
  const schemas = new Set<unknown>(responses.flatMap(eventStreamsOf))
  if (schemas.size === 0) return
  responses.forEach(compileChecks)
  const own = route.serializerCompiler
  route.serializerCompiler = definition => {
    // Fastify serializes neither what is streamed nor a JSON body in its place.
    if (schemas.has(definition.schema)) return JSON.stringify
    const compile = own ?? app.serializerCompiler ?? compileSerializer
    try {
      return compile(definition)
    } catch {
      // Until Fastify has made the compiler of this app, it is that of a parent, which lacks the schemas of this app.
      return (build(app.getSchemas()) as typeof compile)(definition)
    }
  }
}

function compileChecks(response: object): void {
  for (const [name, check] of Object.entries(checksOf(response) ?? {})) serializerOf(check, `"${name}"`)
  const body = bodyOf(response)
  if (body !== undefined) serializerOf(body, 'the JSON body')
}

function eventStreamsOf(response: object): unknown[] {
  return Object.values(ownContent(response)).map(({ schema }) => schema)
}
