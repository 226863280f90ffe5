import type { EventEmitter } from 'node:events'
import type { FastifyInstance, FastifyReply } from 'fastify'

/**
 * The servers that Fastify has added to the server of the app. With the host `localhost`, which is its default, it has
 * one for each further address of that name.
 */
export function furtherServers(app: FastifyInstance): readonly EventEmitter[] {
  return serversOf(app) ?? []
}

/** Whether Fastify itself answers what arrives while the app closes, with a 503, before any hook or route. */
export function refusesLateRequests(app: FastifyInstance): boolean {
  return optionsOf(app)?.return503OnClosing !== false
}

/**
 * Whether a reply has neither `onSend` hooks nor trailers, so that Fastify sends a stream as it is. Of a version of
 * Fastify that keeps these elsewhere, or logs in another way, it is not known.
 */
export function sendsAsIs(reply: FastifyReply): boolean {
  return (
    contextOf(reply.request)?.onSend === null &&
    trailersOf(reply) === null &&
    logControllerOf(reply.server) !== undefined
  )
}

/** Logs that the client of a stream has left, as Fastify does for a stream that it sends. */
export function logEarlyClose(reply: FastifyReply): void {
  logControllerOf(reply.server)?.streamError(EARLY_CLOSE, reply.request, reply)
}

interface LogController {
  streamError(error: Error, request: FastifyReply['request'], reply: FastifyReply): void
}

/** Node makes one with a stack trace for each stream. */
const EARLY_CLOSE = Object.assign(new Error('Premature close'), { code: 'ERR_STREAM_PREMATURE_CLOSE' })

const serversOf = reader<readonly EventEmitter[]>('fastify.serverBindings')
const optionsOf = reader<{ readonly return503OnClosing?: boolean }>('fastify.options')
const contextOf = reader<{ readonly onSend: unknown }>('fastify.context')
const trailersOf = reader<unknown>('fastify.reply.trailers')
const logControllerOf = reader<LogController>('fastify.logController')

/**
 * Reads what Fastify keeps in an object under a symbol that it does not export. Plugins may have an object derived from
 * it. The symbol is looked for once, unless an app has another version of Fastify.
 */
function reader<T>(description: string): (object: object) => T | undefined {
  let known: symbol | undefined
  return object => {
    if (known === undefined || !(known in object)) known = symbolIn(object, description)
    return known === undefined ? undefined : Reflect.get(object, known)
  }
}

function symbolIn(given: object, description: string): symbol | undefined {
  for (let object: object | null = given; object !== null; object = Object.getPrototypeOf(object)) {
    const symbol = Object.getOwnPropertySymbols(object).find(symbol => symbol.description === description)
    if (symbol !== undefined) return symbol
  }
  return undefined
}
