import { types } from 'node:util'

/** Whether something that was thrown is an Error, of any realm. A thrown value can be anything, also a proxy. */
export function isError(thrown: unknown): thrown is Error {
  try {
    return types.isNativeError(thrown) || thrown instanceof Error
  } catch {
    return false
  }
}

/** Reads a property of something that was thrown. Its getters may throw. */
export function read(thrown: unknown, key: PropertyKey): unknown {
  try {
    return (thrown as Record<PropertyKey, unknown>)[key]
  } catch {
    return undefined
  }
}

/**
 * Sets a property of an error, unless the error is frozen. Log serializers show it only if it is enumerable.
 *
 * @param error no proxy: one that `toError` has made fit
 */
export function give(error: Error, key: PropertyKey, value: unknown, enumerable = false): void {
  Reflect.defineProperty(error, key, { value, enumerable, configurable: true, writable: true })
}

/** The prototypes of an error; none if one of them is a proxy, or if the error does not inherit from this realm's. */
export function prototypesOf(error: Error): object[] {
  const prototypes: object[] = []
  for (let at: object | null = error; at !== null; at = Object.getPrototypeOf(at)) {
    if (types.isProxy(at)) return []
    prototypes.push(at)
  }
  return prototypes.includes(Error.prototype) ? prototypes.slice(1) : []
}
