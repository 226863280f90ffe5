import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a condition. @throws an error that names the condition, after `limit` milliseconds */
export async function until(what: string, condition: () => unknown, limit = 20_000): Promise<void> {
  const deadline = performance.now() + limit
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for: ${what}`)
    await sleep(2)
  }
}

/** Waits until a value no longer changes. */
export async function settled(what: string, value: () => unknown): Promise<void> {
  let before: unknown = settled
  let same = 0
  await until(what, async () => {
    await sleep(10)
    same = value() === before ? same + 1 : 0
    before = value()
    return same >= 20
  })
}
