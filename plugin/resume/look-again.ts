import { FST_SSE_STREAM_GONE } from '../errors.js'
import type { Deadlines } from '../util/timing/deadlines.js'

/** When a stream that is not found is looked for again. Milliseconds after the time before. */
const DELAYS = [25, 75, 150, 250, 500]

/**
 * Looks for a stream that exists, or did. Its first event does not wait for the event store, so a client that loses its
 * connection then can be at another node before the log is (R1).
 *
 * @param find looks for it
 * @throws FST_SSE_STREAM_GONE if it is not there in a second, and any other error of `find`
 */
export async function lookAgain<T>(find: () => Promise<T>, deadlines: Deadlines): Promise<T> {
  for (const delay of DELAYS) {
    try {
      return await find()
    } catch (error) {
      if (!(error instanceof FST_SSE_STREAM_GONE)) throw error
    }
    await new Promise<void>(onDeadline => deadlines.set({ onDeadline }, delay))
  }
  return find()
}
