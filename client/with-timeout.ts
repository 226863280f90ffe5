/** The longest time that a timer takes. Milliseconds. */
const MAX_TIMER = 2 ** 31 - 1

/**
 * Waits for work, but not beyond a deadline, and not once a signal is aborted, whose reason it then rejects with.
 *
 * @param ms of the deadline, `false` for none
 */
export async function withTimeout<T>(work: Promise<T>, ms: number | false, signal?: AbortSignal): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  let abort!: () => void
  const over = new Promise<never>((_, reject) => {
    // A process that was busy or asleep is told of the time first, and then of what has come meanwhile.
    const look = () => {
      timer = setTimeout(() => reject(new Error(`nothing has come for ${ms} ms`)))
    }
    timer = setTimeout(look, ms === false ? MAX_TIMER : Math.min(ms, MAX_TIMER))
    abort = () => reject(signal?.reason)
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
  })
  try {
    return await Promise.race([over, work])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}
