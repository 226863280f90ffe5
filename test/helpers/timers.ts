import type { Test } from 'tap'

/** Timers of one duration, which fire when the test says so. */
export interface HeldTimers {
  /** How many are set. */
  readonly set: number
  /** How many have been set so far. */
  readonly total: number
  /** Fires those that are set. */
  runOut(): void
}

/** Holds the timers that are set for exactly `ms` milliseconds. Other timers run as usual. */
export function holdTimers(t: Test, ms: number): HeldTimers {
  const held = new Map<object, () => void>()
  let total = 0
  const { setTimeout, clearTimeout } = globalThis
  const hold = (callback: () => void, delay?: number, ...rest: []) => {
    if (delay !== ms) return setTimeout(callback, delay, ...rest)
    const timer = {}
    held.set(timer, callback)
    total++
    return timer
  }
  const release = (timer: object | undefined) => {
    if (timer === undefined || !held.delete(timer)) clearTimeout(timer as NodeJS.Timeout | undefined)
  }
  Object.assign(globalThis, { setTimeout: hold, clearTimeout: release })
  t.teardown(() => Object.assign(globalThis, { setTimeout, clearTimeout }))
  return {
    get set() {
      return held.size
    },
    get total() {
      return total
    },
    runOut() {
      const due = [...held.values()]
      held.clear()
      for (const callback of due) callback()
    }
  }
}

/**
 * Lets timers of these durations go off at once. Others run as usual.
 *
 * @returns the durations, in the order in which they were set
 */
export function skipTimers(t: Test, isSkipped: (ms: number) => boolean): number[] {
  const skipped: number[] = []
  const { setTimeout } = globalThis
  const skip = (callback: () => void, delay = 0, ...rest: []) => {
    if (!isSkipped(delay)) return setTimeout(callback, delay, ...rest)
    skipped.push(delay)
    return setTimeout(callback, 0, ...rest)
  }
  Object.assign(globalThis, { setTimeout: skip })
  t.teardown(() => Object.assign(globalThis, { setTimeout }))
  return skipped
}
