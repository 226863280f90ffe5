/** The longest duration of a timer. Milliseconds. */
const MAX_TIMER = 2 ** 31 - 1

/**
 * Waits for work until a deadline.
 *
 * @param ms the time until the deadline. Milliseconds; `false` for no deadline.
 * @param signal ends the wait when it is aborted
 * @throws what the work throws, the reason of the signal, or an error when the deadline has passed
 */
export async function withTimeout<T>(work: Promise<T>, ms: number | false, signal?: AbortSignal): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  let abort!: () => void
  const end = new Promise<never>((_, reject) => {
    // In a process that was busy or asleep, timers go off before data that has arrived is read. A second timer lets it
    // be read.
    const expire = () => {
      timer = setTimeout(() => reject(new Error(`nothing arrived for ${ms} ms`)))
    }
    timer = setTimeout(expire, ms === false ? MAX_TIMER : Math.min(ms, MAX_TIMER))
    abort = () => reject(signal?.reason)
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
  })
  try {
    return await Promise.race([end, work])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}
