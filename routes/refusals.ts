import type { FastifyInstance } from 'fastify'
import { hasClientLimits, type OwnerOptions } from '../plugin/toolkit.js'

type Documented = Readonly<Record<string, object>>

/** Describes an error in the form of an API. */
type DescribeError = (description: string) => object

/** What OpenAPI documents say of requests that an app refuses, whatever they ask. */
export interface Refusals {
  /** Where answers have owners, which may refuse a request. */
  readonly owner: (error: DescribeError) => Documented
  /** Where an answer begins. */
  readonly limits: (error: DescribeError) => Documented
}

/** @param whose the owners of the answers; `undefined` for none */
export function refusalsOf(app: FastifyInstance, whose?: OwnerOptions): Refusals {
  return {
    owner(error): Documented {
      if (whose?.owner === undefined) return {}
      return { 401: error('The client has not signed in'), 403: error('The client may not ask') }
    },
    limits: error => ({
      ...(hasClientLimits(app) && {
        429: later(error('The client has too many streams already, or the provider says so'))
      }),
      503: later(error('The server has too many streams already, or is closing'))
    })
  }
}

const RETRY_AFTER = { type: 'string', description: 'The seconds after which to try again' }

function later(response: object): object {
  return { ...response, headers: { 'retry-after': RETRY_AFTER } }
}

/** The headers of a stream that clients can follow or stop, for OpenAPI documents. */
export function streamHeaders(isResumable: boolean): { headers?: object } {
  if (!isResumable) return {}
  const description = 'The id of the stream, to follow or stop it'
  return { headers: { 'x-stream-id': { type: 'string', description } } }
}
