import { checksOf, ownContent } from './event-schema.js'

type Responses = Record<string, { content: Record<string, object> }>

/** What a `transform` of `@fastify/swagger` is given, and gives. */
interface Documented {
  readonly schema?: unknown
}

/**
 * Wraps a `transform` of `@fastify/swagger` that takes schemas of one library only, such as `jsonSchemaTransform` of
 * `fastify-type-provider-zod`: it gets all but the event streams, which are JSON Schema already.
 *
 * @example
 * ```ts
 * app.register(swagger, { openapi: {}, transform: withEventStreams(jsonSchemaTransform) })
 * ```
 */
export function withEventStreams<Document extends Documented, Result extends Documented>(
  transform: (document: Document) => Result
): (document: Document) => Result {
  return document => {
    const all = Object.entries(responsesOf(document))
    const streams = all.filter(([, response]) => checksOf(response) !== undefined)
    if (streams.length === 0) return transform(document)
    const others = all.flatMap(([status, response]) => withoutStream(status, response))
    const schema = { ...Object(document.schema), response: Object.fromEntries(others) }
    const result = transform({ ...document, schema })
    const response: Responses = { ...responsesOf(result) }
    for (const [status, stream] of streams) {
      const content = { ...response[status]?.content, ...ownContent(stream) }
      response[status] = { ...stream, content }
    }
    return { ...result, schema: { ...Object(result.schema), response } }
  }
}

function responsesOf({ schema }: Documented): Responses {
  return (schema as { response?: Responses } | undefined)?.response ?? {}
}

/** What a response has beside the event stream, if anything. */
function withoutStream(status: string, response: Responses[string]): [string, object][] {
  if (checksOf(response) === undefined) return [[status, response]]
  const own = ownContent(response)
  const content = Object.fromEntries(Object.entries(response.content).filter(([type]) => !(type in own)))
  return Object.keys(content).length === 0 ? [] : [[status, { ...response, content }]]
}
