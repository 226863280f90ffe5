import type { Deadline, Deadlines } from '../util/timing/deadlines.js'
import { TimeSlice } from '../util/timing/time-slice.js'

type Result = IteratorResult<unknown, unknown>

/** A source that is read on after its signal was aborted. */
export interface DrainedSource {
  next(): Result | PromiseLike<Result>
  /** Called with each item, and with the return value, which is the last. */
  see(value: unknown, isLast: boolean): void
}

/**
 * Reads on from a source whose signal was aborted, until it ends or the time is up.
 *
 * @param pending the result that was waited for when the stream ended, if there is one
 * @param ms how long. Milliseconds.
 * @throws any error of the source within that time
 */
export async function drain(
  source: DrainedSource,
  pending: Result | PromiseLike<Result> | undefined,
  deadlines: Deadlines,
  ms: number
): Promise<void> {
  let isOver = false
  const slice = new TimeSlice()
  const readOn = async () => {
    for (let next = pending; !isOver; next = undefined) {
      if (slice.isOver()) await slice.next()
      const { done = false, value } = await (next ?? source.next())
      source.see(value, done)
      if (done) return
    }
  }
  let timeout!: Deadline
  const late = new Promise<void>(resolve => {
    timeout = { onDeadline: resolve }
  })
  deadlines.set(timeout, ms)
  try {
    await Promise.race([readOn(), late])
  } finally {
    isOver = true
    deadlines.clear(timeout)
  }
}
