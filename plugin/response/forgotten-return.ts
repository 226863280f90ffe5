import type { FastifyReply } from 'fastify'
import { FST_SSE_ALREADY_ANSWERED } from '../errors.js'
import { type Asked, askedOf, type ReturnGuard } from './asked-replies.js'
import { removeStreamHeaders } from './headers.js'

/** Guards the stream that was asked of a reply. */
export function guardReturn(reply: FastifyReply, asked: Asked): void {
  const { guard } = asked
  const { statusCode } = reply
  if (guard === undefined) {
    asked.guard = { send: reply.send, statusCode, answer: 'stream', isAnswered: false, hasReturned: false }
    reply.send = guardedSend
  } else {
    guard.answer = 'stream'
    guard.statusCode = statusCode
  }
}

/** Lets the app answer whatever it likes: there is no stream after all. */
export function unguardReturn(reply: FastifyReply): void {
  const guard = askedOf(reply)?.guard
  if (guard !== undefined) guard.answer = 'none'
}

/** Lets an error be answered in place of the stream, and what its error handler sends be empty. */
export function guardError(reply: FastifyReply): void {
  const guard = askedOf(reply)?.guard
  if (guard === undefined || guard.answer === 'none') return
  guard.answer = 'error'
  guard.isAnswered = reply.server.errorHandler.name === 'defaultErrorHandler'
}

/**
 * Refuses another stream for a reply that has one.
 *
 * @throws FST_SSE_ALREADY_ANSWERED
 */
export function refuseSecond(reply: FastifyReply): void {
  if (askedOf(reply)?.guard?.answer !== 'stream') return
  const err = new FST_SSE_ALREADY_ANSWERED(routeOf(reply))
  reply.log.error({ err }, err.message)
  throw err
}

/** Sends what the plugin answers. */
export function sendOwn(reply: FastifyReply, payload?: unknown): FastifyReply {
  const { send } = askedOf(reply)?.guard ?? reply
  return send.call(reply, payload)
}

function guardedSend(this: FastifyReply, ...args: [unknown?]): FastifyReply {
  const asked = askedOf(this) as Asked
  const guard = asked.guard as ReturnGuard
  const [payload] = args
  // Fastify passes on what an async function gives. An app that means an empty answer passes nothing.
  const isReturned = args.length > 0 && payload === undefined
  const isFirst = isReturned && !guard.hasReturned
  if (isReturned) guard.hasReturned = true
  if (guard.answer === 'stream' && !isInstead(this, asked, guard, isReturned, payload)) return this
  if (guard.answer === 'other' && isReturned) return this
  if (guard.answer === 'error') {
    if (isReturned && guard.isAnswered) return this
    if (isFirst) {
      setImmediate(sendEmpty, this, guard)
      return this
    }
    if (!(payload instanceof Error)) guard.isAnswered = true
  }
  return guard.send.apply(this, args)
}

/** Whether something is sent instead of the stream. */
function isInstead(
  reply: FastifyReply,
  asked: Asked,
  guard: ReturnGuard,
  isReturned: boolean,
  payload: unknown
): boolean {
  if (payload instanceof FST_SSE_ALREADY_ANSWERED) {
    setThrown(reply, false)
    return false
  }
  if (payload instanceof Error || isThrown(reply)) {
    guardError(reply)
    return true
  }
  // Whoever sets a status means the answer to be another one.
  if (!isReturned && reply.statusCode !== guard.statusCode && !reply.raw.headersSent) {
    guard.answer = 'other'
    asked.stream?.replaceBy()
    removeStreamHeaders(reply)
    return true
  }
  reply.log.warn(
    isReturned
      ? `the async handler of ${routeOf(reply)} does not return its stream: return reply.sseFrom(...), or await it`
      : `${routeOf(reply)} has an answer beside its stream, which is left out: ` +
          'return reply.sseFrom(...), and nothing else'
  )
  return false
}

/**
 * Sends an empty answer to an error. It is not known who has returned nothing, the error handler or a handler that
 * forgot its stream, so the error handler goes first.
 */
function sendEmpty(reply: FastifyReply, guard: ReturnGuard): void {
  if (guard.isAnswered || guard.answer !== 'error' || reply.sent || reply.raw.headersSent) return
  guard.isAnswered = true
  guard.send.call(reply, undefined)
}

function routeOf({ request: { method, routeOptions } }: FastifyReply): string {
  // The handler for what is not found has no route, and the path of a request may have secrets.
  return routeOptions.url === undefined ? `${method} without a route` : `${method} ${routeOptions.url}`
}

/** Whether Fastify sends something that was thrown, which need not be an Error. */
function isThrown(reply: FastifyReply): boolean {
  return Reflect.get(reply, thrownOf(reply)) === true
}

function setThrown(reply: FastifyReply, isThrown: boolean): void {
  Reflect.set(reply, thrownOf(reply), isThrown)
}

/** Fastify does not export it. */
function thrownOf(reply: FastifyReply): symbol {
  const symbols = Object.getOwnPropertySymbols(reply)
  return symbols.find(({ description }) => description === 'fastify.reply.isError') as symbol
}
