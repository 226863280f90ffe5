import { isPromiseLike } from '../promise.js'

/** Says what kind of value a wrong one is. Does not show the value, since it may be a secret. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  try {
    if (Array.isArray(value)) return 'an array'
    if (isPromiseLike(value)) return 'a promise'
  } catch {
    // A proxy, or a getter that throws.
  }
  const type = typeof value
  return type === 'object' ? 'an object' : `a ${type}`
}
