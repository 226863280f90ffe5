import { FST_SSE_KEY_REFUSED } from '../errors.js'
import { errorForLog } from '../util/errors/error-for-log.js'
import { give, read } from '../util/errors/thrown.js'
import { ownStatus, toError } from './failure.js'

/** Whose key a provider is asked with. It decides what the refusal of that key means to the user. */
export type ProviderKey = 'server' | 'user'

/** The statuses with which a provider, or a proxy on the way to it, refuses a key. */
const REFUSALS = [401, 403, 407]

/** A property of all errors that were made with `@fastify/error`. */
const kFastifyError = Symbol.for('fastify-error-generic')

/** The code of the ready source for what a provider answers. */
const PROVIDER_REFUSED = 'FST_SSE_PROVIDER_REFUSED'

/**
 * Makes an Error of what a source has thrown. A provider's 401, 403 or 407 is about the key, and its words may show
 * parts of that key: they are for the log only. About a key of the server's own the user can do nothing, so the error
 * is a 502: apps take a 401 for a session that has expired (E1).
 *
 * @returns the error itself, or FST_SSE_KEY_REFUSED with a copy of the error for the log as its cause
 */
export function toSourceError(thrown: unknown, providerKey: ProviderKey): Error {
  const error = toError(thrown)
  const status = ownStatus(error)
  if (status === undefined || !REFUSALS.includes(status)) return error
  const isOfReadySource = read(error, 'code') === PROVIDER_REFUSED
  if (hasOwnWords(error) && !isOfReadySource) return error
  // A proxy between this server and the provider is never the user's.
  const isUsers = providerKey === 'user' && status !== 407
  if (isOfReadySource && !isUsers) {
    give(error, 'statusCode', 502, true)
    return error
  }
  const refused = new FST_SSE_KEY_REFUSED({ cause: errorForLog(error) })
  return isUsers ? Object.assign(refused, { statusCode: status }) : refused
}

/**
 * Whether the message of an error was written for users: by `@fastify/error`, or with `expose: true` as `http-errors`
 * does. The message of any other error may be the provider's.
 */
export function hasOwnWords(error: Error): boolean {
  const expose = read(error, 'expose')
  return typeof expose === 'boolean' ? expose : read(error, kFastifyError) === true
}
