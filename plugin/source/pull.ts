import { isPromiseLike } from '../util/promise.js'
import { TimeSlice } from '../util/time-slice.js'
import type { SourceRun } from './source-run.js'

/**
 * Reads a source to its end, and lets others have their turns (S6).
 *
 * @param isLive whether to go on, asked after every wait
 * @param onItem is given every item; it may end the source's turn
 * @returns what the source returned, or `undefined` where it was not to go on
 */
export async function pull(
  run: SourceRun,
  isLive: () => boolean,
  onItem: (item: unknown, turn: TimeSlice) => void
): Promise<{ returned: unknown } | undefined> {
  const source = await run.start()
  const turn = new TimeSlice()
  while (isLive()) {
    if (turn.isOver()) {
      await turn.next()
      if (!isLive()) break
    }
    const next = source.next()
    const { done, value } = isPromiseLike(next) ? await next : next
    if (!isLive()) break
    if (done) return { returned: value }
    onItem(value, turn)
  }
  return undefined
}
