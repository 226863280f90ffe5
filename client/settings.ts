import { MAX_TIMER } from './backoff.js'

/** The limits of a stream: see `OpenStreamOptions`. */
export interface Limits {
  maxRetries: number
  retryDelay: number
  maxRetryDelay: number
  idleTimeout: number | false
  maxEventSize: number
}

/** The limits that are given, and the defaults of the others. Throws a TypeError that names a wrong one. */
export function limitsOf(given: { [Name in keyof Limits]?: Limits[Name] | undefined }): Limits {
  const limit = (name: keyof Limits, otherwise: number, least: number) => {
    const value = given[name] ?? otherwise
    if (typeof value === 'number' && value >= least) return value
    throw new TypeError(`option "${name}" takes a number of at least ${least}`)
  }
  return {
    maxRetries: limit('maxRetries', 10, 0),
    retryDelay: limit('retryDelay', 1000, 0),
    maxRetryDelay: limit('maxRetryDelay', 30_000, 0),
    idleTimeout: given.idleTimeout === false ? false : Math.min(MAX_TIMER, limit('idleTimeout', 45_000, 1)),
    maxEventSize: limit('maxEventSize', 2 ** 24, 1)
  }
}
