import type { ServerResponse } from 'node:http'
import type { Deadlines } from '../util/timing/deadlines.js'
import { abandon, onOver, type RawResponse, truncate } from './raw-response.js'

/** How long a slow client has to take the data that it still gets. Milliseconds. */
const TIMEOUT = 250

/**
 * Breaks a response off, so that it does not look complete (E4).
 *
 * @param rest what the client still gets; `undefined` if nothing can be written: the head is not set, or it has ended
 */
export function breakOff(raw: RawResponse, rest: Buffer | undefined, deadlines: Deadlines): void {
  const timeout = { onDeadline: () => abandon(raw) }
  deadlines.set(timeout, TIMEOUT)
  onOver(raw, () => deadlines.clear(timeout))
  if (rest === undefined) truncate(raw)
  else (raw as ServerResponse).write(rest, () => setImmediate(truncate, raw))
}
