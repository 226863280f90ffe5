import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import type { FastifyInstance, FastifySerializerCompiler, RouteOptions } from 'fastify'
import { ownContent } from '../schema/event-schema.js'

const build = SerializerSelector()

/**
 * Makes serializers as Fastify does by default, which leave out what a schema does not declare (T1). An app may have
 * another compiler, for schemas of its own kind.
 */
export const compileSerializer = build() as FastifySerializerCompiler<unknown>

/**
 * Lets an app start whose compiler does not know the schemas that `eventStream` makes (V3). It compiles the others of
 * the route.
 */
export function compileEventStreams(app: FastifyInstance, route: RouteOptions): void {
  const responses = Object.values((route.schema?.response ?? {}) as Record<string, object>)
  const schemas = new Set<unknown>(responses.flatMap(eventStreamsOf))
  if (schemas.size === 0) return
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

function eventStreamsOf(response: object): unknown[] {
  return Object.values(ownContent(response)).map(({ schema }) => schema)
}
