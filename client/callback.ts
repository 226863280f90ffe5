import { withTimeout } from './connection/with-timeout.js'

/** Whether a callback of the caller's has returned a promise. Data that was read as JSON has none. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Partial<Promise<unknown>> | null | undefined)?.then === 'function'
}

/** Waits for the promise that a callback has returned, if it has. @param signal ends the wait */
export async function settled(returned: unknown, signal: AbortSignal): Promise<unknown> {
  return isPromise(returned) ? withTimeout(returned, false, signal) : returned
}
