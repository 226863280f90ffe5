import type { FastifyRequest } from 'fastify'
import { FST_SSE_OWNER_INVALID } from '../errors.js'
import { statusOf, toError } from '../framing/failure.js'
import { describe } from '../util/errors/describe.js'
import { isError } from '../util/errors/thrown.js'
import { isPromiseLike } from '../util/promise.js'

type OwnerOrNone = string | undefined

/** Who owns the streams of a request. */
export interface OwnerOptions {
  /**
   * Returns the owner of a request, or a promise of it: a non-empty string, such as the id of the user. Only requests
   * of the owner that began a stream can follow or stop it; for others the stream does not exist, and they get a 404
   * (R3). The same `id` with another owner is another stream. Stores keep a hash of the owner: see `ownerKey`.
   *
   * Throw an error with a `statusCode` to refuse a request. Anything but a non-empty string is answered with
   * `FST_SSE_OWNER_INVALID` (500). Default: anyone who knows the id can follow the stream.
   *
   * @example
   * ```ts
   * owner: async request => (await sessions.find(request)).userId
   * ```
   */
  owner?: ((request: FastifyRequest) => OwnerOrNone | PromiseLike<OwnerOrNone>) | undefined
  /**
   * Whether `owner` may return `undefined`, for a visitor who has not signed in. The stream then has no owner, so that
   * anyone who knows its id can follow it. Default: `false`.
   */
  anonymous?: boolean | undefined
}

/**
 * The owner of a request; `undefined` for none.
 *
 * @throws FST_SSE_OWNER_INVALID, and any error of the `owner` function. If that gives a promise, it rejects with them.
 */
export function ownerOf(
  request: FastifyRequest,
  { owner, anonymous = false }: OwnerOptions
): OwnerOrNone | Promise<OwnerOrNone> {
  if (owner === undefined) return undefined
  let given: ReturnType<typeof owner>
  try {
    given = owner(request)
    if (isPromiseLike(given)) return settled(given, anonymous)
  } catch (error) {
    throw ownerError(error)
  }
  return checkOwner(given, anonymous)
}

/**
 * Refuses what is no owner. Requests with the same wrong value would share their streams.
 *
 * @param isOptional whether there may be none
 * @throws FST_SSE_OWNER_INVALID
 */
export function checkOwner(owner: unknown, isOptional: boolean): OwnerOrNone {
  if (typeof owner === 'string' && owner !== '') return owner
  if (owner === undefined && isOptional) return undefined
  const hint = owner === undefined ? ' (anonymous: true allows that)' : ''
  throw new FST_SSE_OWNER_INVALID(`it is ${owner === '' ? 'an empty one' : describe(owner)}${hint}`)
}

async function settled(given: PromiseLike<OwnerOrNone>, anonymous: boolean): Promise<OwnerOrNone> {
  let owner: OwnerOrNone
  try {
    owner = await given
  } catch (error) {
    throw ownerError(error)
  }
  return checkOwner(owner, anonymous)
}

/** Fastify would send some thrown values as if they were the answer. */
function ownerError(thrown: unknown): Error {
  if (isError(thrown)) return toError(thrown)
  const error = new FST_SSE_OWNER_INVALID(`its function threw ${describe(thrown)}`, { cause: thrown })
  return toError(Object.assign(error, { statusCode: statusOf(thrown) }))
}
