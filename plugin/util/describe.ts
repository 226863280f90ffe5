import { isPromiseLike } from './promise.js'

/** Names a wrong value without showing it: it may be somebody's secret. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (isPromiseLike(value)) return 'a promise'
  const type = typeof value
  return type === 'object' ? 'an object' : `a ${type}`
}
