import type { FastifyReply } from 'fastify'
import { FST_SSE_BODY_INVALID } from '../errors.js'
import { type DataCheck, MISMATCH } from '../schema/data-check.js'
import { bodyOf, responsesOf } from '../schema/event-schema.js'
import { describe } from '../util/errors/describe.js'
import { serializerOf } from './route-serializers.js'

/** The JSON body that the schema of a route declares. */
export interface JsonBody {
  /**
   * Checks a body.
   *
   * @throws FST_SSE_BODY_INVALID
   */
  accept(body: unknown): unknown
  /** Makes JSON of an accepted body; `undefined` if Fastify does that, as for any reply of the route. */
  readonly serialize: ((body: unknown) => string) | undefined
}

/** The types of values that JSON cannot carry. */
const NOT_JSON = ['undefined', 'function', 'symbol', 'bigint']

/** The body of a route whose schema declares none. */
const anyBody: JsonBody = {
  accept(body) {
    if (!NOT_JSON.includes(typeof body)) return body
    throw new FST_SSE_BODY_INVALID(`it must be a JSON value, but it is ${describe(body)}`)
  },
  serialize: undefined
}

/** The body of each route, by its `config`. */
const bodies = new WeakMap<object, JsonBody>()

/** The JSON body of the route of a reply. */
export function jsonBodyOf(reply: FastifyReply): JsonBody {
  const { config } = reply.routeOptions
  let body = bodies.get(config)
  if (body === undefined) {
    body = makeJsonBody(reply)
    bodies.set(config, body)
  }
  return body
}

/** Whether the schema of the route of a reply declares a JSON body. */
export function declaresJsonBody(reply: FastifyReply): boolean {
  return jsonBodyOf(reply) !== anyBody
}

function makeJsonBody({ routeOptions: { schema } }: FastifyReply): JsonBody {
  const check = responsesOf(schema).map(bodyOf).find(Boolean)
  if (check === undefined) return anyBody
  return {
    accept(body) {
      const accepted = ask(check, body)
      if (accepted !== MISMATCH) return accepted
      throw new FST_SSE_BODY_INVALID(`it is not what the route declares: ${check.problem(body)}`)
    },
    serialize: serializerOf(check, 'the JSON body')
  }
}

/** @throws FST_SSE_BODY_INVALID */
function ask(check: DataCheck, body: unknown): unknown {
  try {
    return check.accept(body)
  } catch (cause) {
    throw new FST_SSE_BODY_INVALID('it cannot be checked', { cause })
  }
}
