import { setTimeout as sleep } from 'node:timers/promises'
import { type Append, Base, type Create, changingAppends, type Mutant, mutant } from './mutant.js'

export const appending: readonly Mutant[] = [
  mutant(
    'reverses the events of an append',
    changingAppends(([id, producer, first, events, end]) => [id, producer, first, events.toReversed(), end]),
    'events are numbered from 1, in the order of the appends',
    'a log is kept whole while its producer holds the lease'
  ),
  mutant(
    'accepts gaps',
    changingAppends(([id, producer, first, ...rest], there) => [id, producer, Math.min(first, there + 1), ...rest]),
    'an append that leaves a gap stores nothing'
  ),
  mutant(
    'appends repeated events again',
    changingAppends(([id, producer, first, ...rest], there) => [id, producer, Math.max(first, there + 1), ...rest]),
    'a repeated append stores nothing'
  ),
  mutant(
    'appends the new part of an append that overlaps the log',
    changingAppends(([id, producer, first, events, end], there) => {
      const known = Math.max(0, Math.min(there - first + 1, events.length))
      return [id, producer, first + known, events.slice(known), end]
    }),
    'an append that overlaps the log stores nothing'
  ),
  mutant(
    'returns first - 1 for an append without events',
    class extends Base {
      override async append(...args: Append) {
        const last = await super.append(...args)
        return args[3].length === 0 && args[4] === undefined ? args[2] - 1 : last
      }
    },
    'an append without events stores nothing'
  ),
  mutant(
    'appends one event at a time',
    class extends Base {
      override async append(id: string, producer: string, first: number, events: readonly string[], end?: string) {
        let last = 0
        for (const [i, event] of events.entries()) {
          await sleep(1)
          last = await super.append(id, producer, first + i, [event])
        }
        return end === undefined ? last : await super.append(id, producer, first + events.length, [], end)
      }
    },
    'concurrent repeats of an append store its events once'
  ),
  mutant(
    'does not check who appends',
    class extends Base {
      readonly #producers = new Map<string, string>()

      override async create(...args: Create) {
        const [id, producer] = args
        const isOwn = await super.create(...args)
        if (isOwn) this.#producers.set(id, producer)
        return isOwn
      }
      override append(id: string, _producer: string, ...args: [number, readonly string[], string?]) {
        return super.append(id, String(this.#producers.get(id)), ...args)
      }
    },
    'only the producer of a log appends to it',
    'create refuses an id that is taken'
  )
]
