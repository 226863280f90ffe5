/** The longest time that a timer takes. Milliseconds. */
export const MAX_TIMER = 2 ** 31 - 1

/**
 * How long to wait: what the server asks for, and beyond that any time up to a limit which doubles with each retry ("full
 * jitter"), so that clients that were cut off together do not come back together. Milliseconds.
 *
 * @param retries how many there were already without an event
 * @param asked what the server asks for
 */
export function delayOf(retries: number, asked: number, retryDelay: number, maxRetryDelay: number): number {
  const limit = Math.min(maxRetryDelay, retryDelay * 2 ** retries)
  return Math.min(MAX_TIMER, Math.round(asked + Math.random() * limit))
}

/**
 * Reads `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3), which is taken by the clock of the server where it has
 * said what time it is.
 *
 * @returns milliseconds; `undefined` where there is none
 */
export function retryAfterOf(headers: Headers): number | undefined {
  const value = headers.get('retry-after')?.trim()
  if (!value) return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const now = Date.parse(headers.get('date') ?? '') || Date.now()
  const ms = Date.parse(value) - now
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}
