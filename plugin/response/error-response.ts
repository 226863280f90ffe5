import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http'
import { types } from 'node:util'
import type { FastifyReply } from 'fastify'
import { ownStatus, statusName, statusOf, toError } from '../framing/failure.js'
import { hasOwnWords } from '../framing/key-refusal.js'
import { errorForLog, hideFromLog } from '../util/errors/error-for-log.js'
import { give, read } from '../util/errors/thrown.js'
import { askedOf } from './asked-replies.js'
import { guardError } from './forgotten-return.js'
import { unsetHeaders } from './headers.js'

/** What only the head of a response that was received has. An app does not give these to an error of its own. */
const RECEIVED = ['connection', 'content-length', 'date', 'server', 'transfer-encoding', 'via']

/** A number of seconds, or a date (RFC 9110, section 10.2.3). */
const RETRY_AFTER = /^(\d{1,10}|[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT)$/

/**
 * The error that Fastify answers with in place of a stream (E1). Fastify copies the `headers` of an error to the
 * response as they are. Those that a provider has sent are not for the client, apart from `retry-after`.
 *
 * @param error what `toSourceError` made of what was thrown
 */
export function toErrorResponse(reply: FastifyReply, error: Error): Error {
  guardError(reply)
  const statusCode = statusOf(error)
  // Fastify cannot write an error whose status has no name in the table of Node. Providers use some: 529, 520, 498.
  STATUS_CODES[statusCode] ??= statusName(statusCode)
  const retryAfter = heads(error).map(retryAfterOf).find(isRetryAfter)
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
  if (isHidden(reply, error)) return withoutWords(error, statusCode, ownHeaders(error))
  keepOwnHeaders(error)
  showStatus(error)
  hideFromLog(error)
  return error
}

/**
 * Makes a reply that a stream was asked of ready for the error that is answered in its place, whatever has failed. As
 * after an error of a handler, an error handler finds its status set: Fastify does not do that for one of a stream.
 */
export function beforeError(reply: FastifyReply, error: Error): void {
  const asked = askedOf(reply)
  if (asked === undefined || reply.raw.headersSent) return
  guardError(reply)
  asked.stream?.replaceBy(error)
  unsetHeaders(reply)
  if (reply.statusCode < 400) reply.code(statusOf(error))
}

/** The error that Fastify answers with if there is no stream, because a function of the app's has thrown. */
export function toPlainError(thrown: unknown): Error {
  const error = toError(thrown)
  keepOwnHeaders(error)
  hideFromLog(error)
  return error
}

/**
 * Whether the message of an error is kept from the client, as that of an `error` event is (E2). An error without a
 * status is no answer of a provider; an error handler of the app gets it as it was thrown.
 */
function isHidden(reply: FastifyReply, error: Error): boolean {
  if (statusOf(error) < 500 || hasOwnWords(error)) return false
  return ownStatus(error) !== undefined || reply.server.errorHandler.name === 'defaultErrorHandler'
}

/** An error that says no more than its status. The log shows its cause. */
function withoutWords(error: Error, statusCode: number, headers: unknown): Error {
  const shown = new Error(statusName(statusCode), { cause: errorForLog(error) })
  const code = read(error, 'code')
  if (typeof code === 'string') give(shown, 'code', code, true)
  if (headers !== undefined) give(shown, 'headers', headers)
  give(shown, 'expose', false)
  return Object.assign(shown, { statusCode, status: statusCode })
}

/**
 * Gives an error that has a status the form of `http-errors`, which frameworks on top of Fastify look for. NestJS
 * answers 500 to any other.
 */
function showStatus(error: Error): void {
  const status = ownStatus(error)
  if (status === undefined) return
  if (read(error, 'status') !== status) give(error, 'status', status)
  if (typeof read(error, 'expose') !== 'boolean') give(error, 'expose', status < 500)
}

/** Where SDKs keep the head of the response that failed. `lastError`: the AI SDK, after its last attempt. */
function heads(error: unknown): unknown[] {
  return [error, read(error, 'lastError')].flatMap(each => [read(each, 'headers'), read(each, 'responseHeaders')])
}

function retryAfterOf(headers: unknown): unknown {
  try {
    const { get } = headers as Partial<Headers>
    if (typeof get === 'function') return get.call(headers, 'retry-after')
    return Object.entries(headers as object).find(([name]) => name.toLowerCase() === 'retry-after')?.[1]
  } catch {
    return undefined
  }
}

function isRetryAfter(value: unknown): value is string | number {
  return (typeof value === 'string' || typeof value === 'number') && RETRY_AFTER.test(String(value))
}

/** Leaves an error the headers alone that the app has given it. */
function keepOwnHeaders(error: Error): void {
  const own = ownHeaders(error)
  if (own !== read(error, 'headers')) give(error, 'headers', own)
}

/** The headers that the app has given an error: the very object, if it has no others. */
function ownHeaders(error: Error): unknown {
  const headers = read(error, 'headers')
  const entries = Object.entries(Object(headers))
  const isReceived = entries.some(([name]) => RECEIVED.includes(name.toLowerCase()))
  const own = isReceived ? [] : entries.filter(isValidHeader)
  return own.length === entries.length ? headers : Object.fromEntries(own)
}

function isValidHeader([name, value]: [string, unknown]): boolean {
  try {
    const values = Array.isArray(value) && !types.isProxy(value) ? value : [value]
    validateHeaderName(name)
    for (const each of values) validateHeaderValue(name, each)
    return values.every(each => ['string', 'number'].includes(typeof each))
  } catch {
    return false
  }
}
