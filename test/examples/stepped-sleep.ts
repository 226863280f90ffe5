/**
 * Loaded into a program before it starts: its `setTimeout` of node:timers/promises ends when the test says so, and the
 * test is told when one begins, ends or is aborted. So a test sees each token before the next one exists.
 */
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'

export type SleepNews = 'begun' | 'over' | 'aborted'

const sleeping = new Set<() => void>()

function tell(news: SleepNews): void {
  process.send?.(news)
}

const { setTimeout } = timers
timers.setTimeout = <T>(_ms?: number, value?: T, { signal }: { signal?: AbortSignal | undefined } = {}) =>
  new Promise<T>((resolve, reject) => {
    const end = (news: SleepNews) => {
      sleeping.delete(wake)
      signal?.removeEventListener('abort', abort)
      tell(news)
    }
    const wake = () => {
      end('over')
      resolve(value as T)
    }
    const abort = () => {
      end('aborted')
      reject(Object.assign(new Error('aborted', { cause: signal?.reason }), { name: 'AbortError', code: 'ABORT_ERR' }))
    }
    tell('begun')
    sleeping.add(wake)
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
  })
syncBuiltinESMExports()
// Libraries that require() it, or promisify that of node:timers, are given the real one.
timers.setTimeout = setTimeout

process.on('message', () => {
  const [longest] = sleeping
  longest?.()
})
// The program ends where it would end without a test.
process.channel?.unref()
