import { setTimeout as sleep } from 'node:timers/promises'
import { FST_SSE_PRODUCER_FENCED } from '../../../../plugin/errors.js'
import { until } from '../../../helpers/until.js'
import { type Append, Base, changingReads, type Mutant, mutant } from './mutant.js'

export const leasing: readonly Mutant[] = [
  mutant(
    'appends half of the events, and the rest later',
    class extends Base {
      override async append(id: string, producer: string, first: number, events: readonly string[], end?: string) {
        const half = events.length / 2
        // Even on a busy machine, the first half arrives in time, and the second does not.
        await this.at(0, () => super.append(id, producer, first, events.slice(0, half)))
        await until('the lease has expired', async () => (await this.peek(id)).leaseLeft === 0)
        return await super.append(id, producer, first + half, events.slice(half), end)
      }
    },
    'an append that races with endLost stores all its events or none'
  ),
  mutant(
    'reports no end as lost',
    changingReads(page => ({ ...page, end: page.end && { ...page.end, lost: false } })),
    'endLost ends the log of a lost producer once'
  ),
  mutant(
    'always returns the same time left of a lease',
    changingReads(page => ({ ...page, leaseLeft: page.leaseLeft && 60_000 })),
    'a lease runs down until its producer renews it'
  ),
  mutant(
    'does not renew',
    class extends Base {
      override async renew(id: string, producer: string) {
        return this.at(0, () => super.renew(id, producer))
      }
    },
    'a lease runs down until its producer renews it'
  ),
  mutant(
    'renews once',
    class extends Base {
      readonly #renewed = new Set<string>()

      override async renew(id: string, producer: string) {
        if (this.#renewed.has(id)) throw new FST_SSE_PRODUCER_FENCED()
        this.#renewed.add(id)
        return await super.renew(id, producer)
      }
    },
    'repeating renew changes nothing'
  ),
  mutant(
    'accepts an append after the lease has expired',
    class extends Base {
      override async append(...args: Append) {
        return await this.at(0, () => super.append(...args))
      }
    },
    'a producer whose lease has expired is fenced'
  ),
  mutant(
    'renews a lease that has expired',
    class extends Base {
      override async renew(id: string, producer: string) {
        return await this.at(0, () => super.renew(id, producer))
      }
    },
    'a producer whose lease has expired is fenced'
  ),
  mutant(
    'ends a log whose lease is held',
    class extends Base {
      override async endLost(id: string, end: string) {
        return await this.at(Number.POSITIVE_INFINITY, () => super.endLost(id, end))
      }
    },
    'endLost does not end a log whose lease is held'
  ),
  mutant(
    'says twice that it has ended a lost log',
    class extends Base {
      override async endLost(id: string, end: string) {
        return (await super.endLost(id, end)) || (await this.peek(id)).end?.lost === true
      }
    },
    'endLost ends the log of a lost producer once',
    'one of 50 nodes that race to end a lost log ends it',
    'the frame of the end of a lost log may be empty'
  ),
  mutant(
    'checks whether a log can be ended, and ends it later',
    class extends Base {
      override async endLost(id: string, end: string) {
        const isLost = (await this.peek(id)).end === undefined
        await sleep(1)
        return (await super.endLost(id, end)) || isLost
      }
    },
    'one of 50 nodes that race to end a lost log ends it'
  ),
  mutant(
    'treats the end of a lost log as the end of its producer',
    class extends Base {
      override async append(...args: Append) {
        const { end, events } = await this.peek(args[0])
        if (end !== undefined && end.frame === args[4]) return events.length
        return await super.append(...args)
      }
    },
    'a lost log does not count as ended by its producer'
  ),
  mutant(
    'says that it has ended a log that its producer has ended',
    class extends Base {
      override async endLost(id: string, end: string) {
        return (await super.endLost(id, end)) || (await this.peek(id)).end?.lost === false
      }
    },
    'endLost does not end a log that its producer has ended',
    'nothing is stored after the end, and no other end replaces it'
  )
]
