import { setTimeout as sleep } from 'node:timers/promises'
import type { EventStore, StreamSlots } from '../../../../plugin/index.js'
import type { ConformanceWishes } from '../../../../plugin/stores/conformance/conformance.js'
import { MemorySlots } from '../../../../plugin/stores/memory-slots.js'
import { Base, type Mutant } from './mutant.js'

/** A store whose slots have one defect. */
function mutant(
  what: string,
  make: (slots: StreamSlots, wishes: ConformanceWishes) => Partial<StreamSlots>,
  ...caughtBy: string[]
): Mutant {
  return {
    what,
    caughtBy,
    make: wishes => {
      const store = new Base(wishes)
      const { slots } = store
      const right: StreamSlots = {
        take: (...args) => slots.take(...args),
        renew: (...args) => slots.renew(...args),
        release: (...args) => slots.release(...args)
      }
      Object.assign(store, { slots: { ...right, ...make(right, wishes) } })
      return [store, store]
    }
  }
}

const LIMIT = 'an owner gets as many slots as the limit says, on all nodes together'

export const limiting: readonly Mutant[] = [
  {
    what: 'counts the slots of each node alone',
    caughtBy: [LIMIT],
    make: wishes => [new Base(wishes), new Base(wishes)] as readonly [EventStore, EventStore]
  },
  mutant(
    'refuses nobody',
    slots => ({ take: (owner, holder) => slots.take(owner, holder, Number.POSITIVE_INFINITY) }),
    LIMIT
  ),
  mutant(
    'gives one slot more than the limit',
    slots => ({ take: (owner, holder, limit) => slots.take(owner, holder, limit + 1) }),
    LIMIT
  ),
  mutant(
    'refuses a holder that has a slot, when all are held',
    slots => {
      const held = new Map<string, Set<string>>()
      return {
        async take(owner, holder, limit) {
          const holders = held.get(owner) ?? new Set()
          held.set(owner, holders)
          if (holders.size >= limit) return false
          holders.add(holder)
          return await slots.take(owner, holder, limit)
        }
      }
    },
    'repeating take takes no further slot'
  ),
  mutant('gives nothing back', () => ({ release: async () => {} }), 'a slot that is given back is free'),
  mutant(
    'gives all slots of all owners back',
    (_slots, { lease }) => {
      let slots = new MemorySlots(lease)
      return {
        take: (...args) => slots.take(...args),
        async release() {
          slots = new MemorySlots(lease)
        }
      }
    },
    'a slot that is given back is free',
    'owners have slots of their own'
  ),
  mutant(
    'does not tell owners apart whose names differ in case',
    slots => ({ take: (owner, holder, limit) => slots.take(owner.toLowerCase(), holder, limit) }),
    'owners have slots of their own'
  ),
  mutant(
    'counts, and takes a slot later',
    slots => {
      const held = new Map<string, number>()
      return {
        async take(owner, holder, limit) {
          const count = held.get(owner) ?? 0
          if (count >= limit) return false
          await sleep(1)
          held.set(owner, (held.get(owner) ?? 0) + 1)
          return await slots.take(owner, holder, Number.POSITIVE_INFINITY)
        }
      }
    },
    'one of 50 holders that race for the last slot gets it'
  ),
  mutant(
    'holds slots for ever',
    () => {
      const slots = new MemorySlots(Number.POSITIVE_INFINITY)
      return { take: (...args) => slots.take(...args) }
    },
    'the slots of a node that has died are free after the lease'
  ),
  mutant('renews nothing', () => ({ renew: async () => {} }), 'a slot whose lease is renewed is held'),
  mutant(
    'renews only slots that are free',
    slots => ({
      async renew(owner, holders) {
        for (const holder of holders) await slots.take(owner, holder, 1)
      }
    }),
    'a slot that expired is taken again by its renewal, whatever the limit'
  )
]
