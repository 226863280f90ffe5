import type { FastifyReply } from 'fastify'
import { FST_SSE_ALREADY_ANSWERED } from '../errors.js'
import { type Asked, askedOf } from './asked-replies.js'
import { removeStreamHeaders } from './headers.js'
import { isClosed, onOver } from './raw-response.js'

/**
 * Keeps what the app sends beside a stream from replacing it. Fastify takes the result of an async handler that does
 * not return its stream, `undefined`, for an empty answer, and would send it in place of a stream that waits for its
 * first event, or in place of an error that hooks still work on.
 */
export function guardReturn(reply: FastifyReply, asked: Asked): void {
  asked.by = 'stream'
  reply.send = guardedSend
  // biome-ignore lint/suspicious/noThenProperty: Fastify gives each reply one, so that a handler can await it.
  reply.then = guardedThen
}

/** Lets an error be answered in place of the stream, and what its error handler sends be empty. */
export function guardError(reply: FastifyReply): void {
  const asked = askedOf(reply)
  if (asked === undefined || asked.by === 'app') return
  asked.by = 'error'
  asked.isAnswered = false
}

/**
 * Refuses a stream for a reply that has an answer.
 *
 * @throws FST_SSE_ALREADY_ANSWERED
 */
export function refuseSecond(reply: FastifyReply): void {
  const why = reasonAgainst(reply)
  if (why === undefined) return
  const err = new FST_SSE_ALREADY_ANSWERED(routeOf(reply), why)
  reply.log.error({ err }, err.message)
  throw err
}

function reasonAgainst(reply: FastifyReply): string | undefined {
  if (askedOf(reply)?.by === 'stream') {
    return 'has a stream already, which goes on: a reply has one stream, of one source'
  }
  if (!reply.sent) return undefined
  if (reply.raw.writableEnded) return 'has been answered already: a reply has one answer'
  return 'was hijacked, so that nothing can be sent with its reply: call reply.sseFrom(...) instead of reply.hijack()'
}

/** Sends what the plugin answers. */
export function sendOwn(reply: FastifyReply, asked: Asked, payload?: unknown): FastifyReply {
  return asked.before.send.call(reply, payload)
}

/** Sends an error of the plugin's, which may be one of another realm. */
export function sendError(reply: FastifyReply, asked: Asked, error: Error): FastifyReply {
  setThrown(reply, true)
  return sendOwn(reply, asked, error)
}

function guardedSend(this: FastifyReply, ...args: [unknown?]): FastifyReply {
  const asked = askedOf(this) as Asked
  const [payload] = args
  // Fastify passes on what an async function gives. An app that means an empty answer passes nothing.
  const isReturned = args.length > 0 && payload === undefined
  return isLetThrough(this, asked, payload, isReturned) ? asked.before.send.apply(this, args) : this
}

function isLetThrough(reply: FastifyReply, asked: Asked, payload: unknown, isReturned: boolean): boolean {
  const isError = payload instanceof Error || isThrown(reply)
  if (asked.by === 'stream') {
    return isError ? isErrorInstead(reply, payload) : isAnswerInstead(reply, asked, isReturned)
  }
  if (asked.by === 'other') return !isReturned
  return asked.by === 'app' || isError || isErrorAnswer(reply, asked, isReturned)
}

/** Whether an error takes the place of the stream. */
function isErrorInstead(reply: FastifyReply, error: unknown): boolean {
  if (error instanceof FST_SSE_ALREADY_ANSWERED) {
    setThrown(reply, false)
    return false
  }
  guardError(reply)
  return true
}

/** Whether an answer of the app's takes the place of the stream: whoever sets a status means another one. */
function isAnswerInstead(reply: FastifyReply, asked: Asked, isReturned: boolean): boolean {
  if (isReturned) {
    asked.handler = 'over'
    const advice = 'return reply.sseFrom(...), or await it'
    reply.log.warn(`an async handler or hook of ${routeOf(reply)} does not return its stream: ${advice}`)
    return false
  }
  if (reply.statusCode !== asked.statusCode && !reply.raw.headersSent) {
    asked.by = 'other'
    asked.stream?.replaceBy()
    removeStreamHeaders(reply)
    return true
  }
  const advice = 'return reply.sseFrom(...), and nothing else'
  reply.log.warn(`${routeOf(reply)} has an answer beside its stream, which is left out: ${advice}`)
  return false
}

/**
 * Whether something is the answer to an error. Nothing, which was returned, is that of an error handler, or the end of
 * a handler that has forgotten its stream. The two look alike, but a handler ends once.
 */
function isErrorAnswer(reply: FastifyReply, asked: Asked, isReturned: boolean): boolean {
  if (isReturned) {
    if (asked.isAnswered || isLastHandler(reply)) return false
    if (asked.handler === 'running') {
      asked.handler = 'unclear'
      // Of a handler that is not async, it is not known whether it returns anything.
      if (!isAsync(reply.routeOptions.handler)) setImmediate(sendEmpty, reply, asked)
      return false
    }
  }
  asked.isAnswered = true
  return true
}

/**
 * A handler that returns or awaits its stream has not forgotten it. Fastify's own `then` waits with `finished()`, which
 * was measured to hold 1.1 KiB for each open stream, and makes an error with a stack trace for each client that leaves.
 */
function guardedThen(this: FastifyReply, ...args: Parameters<FastifyReply['then']>): void {
  const asked = askedOf(this) as Asked
  // So it was an error handler that has returned nothing.
  if (asked.handler === 'unclear') sendEmpty(this, asked)
  asked.handler = 'over'
  const [fulfilled] = args
  if (asked.stream === undefined || this.sent || isClosed(this.raw)) asked.before.wait.apply(this, args)
  else onOver(this.raw, () => fulfilled())
}

/** Answers an error with nothing, unless it has an answer. */
function sendEmpty(reply: FastifyReply, asked: Asked): void {
  if (asked.by !== 'error' || asked.isAnswered || isLastHandler(reply) || reply.sent || reply.raw.headersSent) return
  asked.isAnswered = true
  sendOwn(reply, asked)
}

/** Fastify binds handlers, which leaves them their prototype. */
function isAsync(handler: object): boolean {
  return Object.prototype.toString.call(handler) === '[object AsyncFunction]'
}

function routeOf({ request: { method, routeOptions } }: FastifyReply): string {
  // The handler for what is not found has no route, and the path of a request may have secrets.
  return routeOptions.url === undefined ? `${method} without a route` : `${method} ${routeOptions.url}`
}

/** Whether Fastify sends something that was thrown, which need not be an Error. */
function isThrown(reply: FastifyReply): boolean {
  return Reflect.get(reply, internal(reply, 'isError')) === true
}

function setThrown(reply: FastifyReply, isThrown: boolean): void {
  Reflect.set(reply, internal(reply, 'isError'), isThrown)
}

/** Whether no error handler of the app is left, so that Fastify itself answers. */
function isLastHandler(reply: FastifyReply): boolean {
  return Reflect.get(reply, internal(reply, 'nextErrorHandler')) === false
}

/** Fastify does not export its symbols. */
function internal(reply: FastifyReply, name: string): symbol {
  const symbols = Object.getOwnPropertySymbols(reply)
  return symbols.find(({ description }) => description === `fastify.reply.${name}`) as symbol
}
