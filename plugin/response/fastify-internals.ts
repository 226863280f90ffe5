import type { EventEmitter } from 'node:events'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { withoutTrace } from '../util/errors/without-trace.js'

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
 * Whether a reply sends a stream as it is: it has neither `onSend` hooks nor trailers, and a `send` that is Fastify's.
 * Of a version of Fastify that keeps these elsewhere, or logs in another way, it is not known.
 */
export function sendsAsIs(reply: FastifyReply, send: FastifyReply['send']): boolean {
  return (
    isFastifySend(send) &&
    contextOf(reply.request)?.onSend === null &&
    trailersOf(reply) === null &&
    !isInErrorHook(reply) &&
    headersOf(reply) !== undefined &&
    logControllerOf(reply.server) !== undefined
  )
}

/** Gives the response the headers of its reply, as Fastify does before it sends a stream. */
export function copyHeaders(reply: FastifyReply): void {
  for (const [name, value] of Object.entries(headersOf(reply) ?? {})) reply.raw.setHeader(name, value)
}

/** Logs an error of a stream, or that its client has left, as Fastify does for a stream that it sends. */
export function logStreamError(reply: FastifyReply, error: Error = earlyClose()): void {
  logControllerOf(reply.server)?.streamError(error, reply.request, reply)
}

/** What `finished()` of Node gives. An app may log it in its own way, so that each stream has one of its own. */
function earlyClose(): Error {
  return withoutTrace(() => Object.assign(new Error('Premature close'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }))
}

let fastifySend: FastifyReply['send'] | undefined

/** Tells the `send` of Fastify from one that observes replies, which some tools put into its prototype. */
function isFastifySend(send: FastifyReply['send']): boolean {
  if (send !== fastifySend && String(send).includes('kReplyIsRunningOnErrorHook')) fastifySend = send
  return send === fastifySend
}

/** Fastify gives a reply this mark with its first error, so it cannot be looked for once. */
function isInErrorHook(reply: FastifyReply): boolean {
  const mark = Object.getOwnPropertySymbols(reply).find(({ description }) => description === IN_ERROR_HOOK)
  return mark !== undefined && Reflect.get(reply, mark) === true
}

const IN_ERROR_HOOK = 'fastify.reply.isRunningOnErrorHook'

type HeaderValue = string | number | readonly string[]

interface LogController {
  streamError(error: Error, request: FastifyReply['request'], reply: FastifyReply): void
}

const serversOf = reader<readonly EventEmitter[]>('fastify.serverBindings')
const optionsOf = reader<{ readonly return503OnClosing?: boolean }>('fastify.options')
const contextOf = reader<{ readonly onSend: unknown }>('fastify.context')
const trailersOf = reader<unknown>('fastify.reply.trailers')
const headersOf = reader<Readonly<Record<string, HeaderValue>>>('fastify.reply.headers')
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
