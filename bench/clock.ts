/** The time on the clock that all processes of a machine share (CLOCK_MONOTONIC). Microseconds, an integer. */
export function now(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e6 + Math.trunc(nanoseconds / 1e3)
}

export function sleep(ms: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, ms)
  })
}
