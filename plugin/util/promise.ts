export function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | null | undefined)?.then === 'function'
}

/** Keeps a promise that is of no use from ending the process when it rejects (E7). */
export function ignoreRejection(value: unknown): void {
  if (isPromiseLike(value)) value.then(undefined, () => {})
}
