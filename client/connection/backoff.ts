/**
 * How long to wait before the next retry: what the server asks for, plus a random part of a limit that doubles with
 * each retry ("full jitter"), so that clients that lost their connections together do not return together.
 *
 * @param retries how many retries in a row have brought no event
 * @param serverDelay what the server asks for. Milliseconds.
 * @returns milliseconds
 */
export function delayOf(retries: number, serverDelay: number, retryDelay: number, maxRetryDelay: number): number {
  return serverDelay + Math.random() * Math.min(maxRetryDelay, retryDelay * 2 ** retries)
}

/**
 * Reads `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3).
 *
 * @returns milliseconds; `undefined` if the header asks for no wait, or is malformed
 */
export function retryAfterOf(headers: Headers): number | undefined {
  const value = String(headers.get('retry-after'))
  const ms = Number(value) * 1000 || Date.parse(value) - Date.now()
  return ms > 0 ? ms : undefined
}
