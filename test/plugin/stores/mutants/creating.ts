import { setTimeout as sleep } from 'node:timers/promises'
import { MemoryStore } from '../../../../plugin/index.js'
import type { ConformanceWishes } from '../../../../plugin/stores/conformance/conformance.js'
import { type Append, Base, type Create, changingReads, type Mutant, mutant } from './mutant.js'

export const creating: readonly Mutant[] = [
  {
    what: 'shares nothing',
    caughtBy: ['a new log is empty, and every node can read it'],
    make: wishes => [new MemoryStore(wishes), new MemoryStore(wishes)]
  },
  mutant(
    'uses another lease',
    class extends Base {
      constructor(wishes: ConformanceWishes) {
        super({ ...wishes, lease: 1000 })
      }
    },
    'the store has limits and a lease'
  ),
  mutant(
    'gives an id to everybody',
    class extends Base {
      override async create(...args: Create) {
        await super.create(...args)
        return true
      }
    },
    'create refuses an id that is taken',
    'endLost ends the log of a lost producer once'
  ),
  mutant(
    'checks whether an id is free, and takes it later',
    class extends Base {
      override async create(...args: Create) {
        const isFree = (await this.read(args[0], 0)) === undefined
        await sleep(1)
        const isOwn = await super.create(...args)
        return isFree || isOwn
      }
    },
    'one of 100 producers that race for an id gets it'
  ),
  mutant(
    'refuses a repeated create',
    class extends Base {
      override async create(...args: Create) {
        return (await this.read(args[0], 0)) === undefined && (await super.create(...args))
      }
    },
    'repeating create changes nothing'
  ),
  mutant(
    'gives away the ids of ended logs',
    class extends Base {
      override async create(...args: Create) {
        const { end } = await this.peek(args[0])
        return end !== undefined || (await super.create(...args))
      }
    },
    'an id stays taken after its log has ended',
    'endLost ends the log of a lost producer once'
  ),
  mutant(
    'does not keep the producer',
    changingReads(page => ({ ...page, producer: '' })),
    'a new log is empty, and every node can read it',
    'the id of a deleted log can be used for a new log'
  ),
  mutant(
    'cuts a long producer off',
    changingReads(page => ({ ...page, producer: page.producer.slice(0, 64) })),
    'read returns the producer'
  ),
  mutant(
    'treats an empty owner as undefined',
    changingReads(page => ({ ...page, owner: page.owner || undefined })),
    'read returns the owner unchanged'
  ),
  mutant(
    'does not keep the protocol',
    changingReads(page => ({ ...page, protocol: undefined })),
    'read returns the protocol unchanged'
  ),
  mutant(
    'makes up a protocol',
    changingReads(page => ({ ...page, protocol: page.protocol ?? 'events' })),
    'a new log is empty, and every node can read it',
    'read returns the protocol unchanged'
  ),
  mutant(
    'does not keep the owner',
    changingReads(page => ({ ...page, owner: undefined })),
    'a new log is empty, and every node can read it',
    'the id of a deleted log can be used for a new log'
  ),
  mutant(
    'ignores case in ids',
    class extends Base {
      override create(...[id, ...rest]: Create) {
        return super.create(id.toLowerCase(), ...rest)
      }
      override append(id: string, ...args: [string, number, readonly string[], string?]) {
        return super.append(id.toLowerCase(), ...args)
      }
      override read(id: string, after: number) {
        return super.read(id.toLowerCase(), after)
      }
    },
    'streams with similar ids are kept apart'
  ),
  mutant(
    'ignores what follows a dot in ids',
    class extends Base {
      override create(...[id, ...rest]: Create) {
        return super.create(withoutOwner(id), ...rest)
      }
      override append(id: string, ...args: [string, number, readonly string[], string?]) {
        return super.append(withoutOwner(id), ...args)
      }
      override read(id: string, after: number) {
        return super.read(withoutOwner(id), after)
      }
    },
    'streams with similar ids are kept apart'
  ),
  mutant(
    'cuts long ids off',
    class extends Base {
      override create(...[id, ...rest]: Create) {
        return super.create(id.slice(0, 128), ...rest)
      }
      override append(id: string, ...args: [string, number, readonly string[], string?]) {
        return super.append(id.slice(0, 128), ...args)
      }
      override read(id: string, after: number) {
        return super.read(id.slice(0, 128), after)
      }
    },
    'streams with similar ids are kept apart'
  ),
  mutant(
    'says that it stops a stream that does not exist',
    class extends Base {
      override async stop(id: string) {
        await super.stop(id)
        return true
      }
    },
    'no call but create makes a log',
    'an ended log is deleted later, and no call restores it'
  ),
  mutant(
    'fences with another error',
    class extends Base {
      override async append(...args: Append) {
        return await super.append(...args).catch(() => {
          throw new Error('fenced')
        })
      }
    },
    'no call but create makes a log',
    'one of 50 ends that race ends the log'
  )
]

function withoutOwner(id: string): string {
  return id.replace(/\..*/s, '')
}
