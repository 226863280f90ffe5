/** Whether something that was thrown is an Error. A thrown value can be anything, also a proxy that throws. */
export function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error
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

/** Sets a property of an error, unless the error is frozen. Log serializers show it only if it is enumerable. */
export function give(error: Error, key: string, value: unknown, enumerable = false): void {
  try {
    Reflect.defineProperty(error, key, { value, enumerable, configurable: true, writable: true })
  } catch {}
}
