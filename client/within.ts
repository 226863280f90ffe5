/**
 * Waits for work, but not beyond a deadline, and not once a signal is aborted, whose reason it then rejects with.
 *
 * @param ms of the deadline, `false` for none
 * @param late makes the error of the deadline
 */
export function within<T>(work: Promise<T>, ms: number | false, late: () => Error, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const settle = (settled: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      settled()
    }
    const abort = () => settle(() => reject(signal?.reason))
    // A process that was busy or asleep is told of the time first, and then of what has come meanwhile.
    const look = () => {
      timer = setTimeout(() => settle(() => reject(late())))
    }
    work.then(
      value => settle(() => resolve(value)),
      error => settle(() => reject(error))
    )
    if (signal?.aborted) {
      abort()
      return
    }
    signal?.addEventListener('abort', abort)
    if (ms !== false) timer = setTimeout(look, ms)
  })
}
