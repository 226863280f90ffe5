/**
 * How long to wait: what the server asks for, and beyond that any time up to a limit which doubles with each retry ("full
 * jitter"), so that clients that were cut off together do not come back together. Milliseconds.
 *
 * @param retries how many there were already without an event
 * @param asked what the server asks for
 */
export function delayOf(retries: number, asked: number, retryDelay: number, maxRetryDelay: number): number {
  return asked + Math.random() * Math.min(maxRetryDelay, retryDelay * 2 ** retries)
}

/**
 * Reads `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3).
 *
 * @returns milliseconds; `undefined` where there is nothing to wait for
 */
export function retryAfterOf(headers: Headers): number | undefined {
  const value = String(headers.get('retry-after'))
  const ms = Number(value) * 1000 || Date.parse(value) - Date.now()
  return ms > 0 ? ms : undefined
}
