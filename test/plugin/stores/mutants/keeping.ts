import type { ConformanceWishes } from '../../../../plugin/stores/conformance/conformance.js'
import { Base, type Create, type Mutant, mutant } from './mutant.js'

export const keeping: readonly Mutant[] = [
  mutant(
    'never deletes a log',
    class extends Base {
      constructor({ lease }: ConformanceWishes) {
        super({ lease, keep: Number.POSITIVE_INFINITY })
      }
    },
    'an ended log is deleted later, and no call restores it',
    'a lost log is deleted, even if nobody reads it',
    'a log that endLost has ended is deleted'
  ),
  mutant(
    'deletes a log, but does not free its id',
    class extends Base {
      readonly #taken = new Map<string, string>()

      override async create(...args: Create) {
        const [id, producer] = args
        const taken = this.#taken.get(id) ?? producer
        this.#taken.set(id, taken)
        return taken === producer && (await super.create(...args))
      }
    },
    'the id of a deleted log can be used for a new log'
  ),
  mutant(
    'deletes a log whose lease is held',
    class extends Base {
      readonly #created = new Map<string, number>()
      readonly #keep: number

      constructor(wishes: ConformanceWishes) {
        super(wishes)
        this.#keep = wishes.keep
      }

      override async create(...args: Create) {
        this.#created.set(args[0], performance.now())
        return await super.create(...args)
      }
      override async read(id: string, after: number) {
        const created = this.#created.get(id) ?? 0
        return performance.now() > created + this.#keep ? undefined : await super.read(id, after)
      }
    },
    'a log is kept whole while its producer holds the lease'
  ),
  mutant(
    'has room for only ten logs',
    class extends Base {
      constructor(wishes: ConformanceWishes) {
        super({ ...wishes, maxStreams: 10 })
      }
    },
    'an ended log can still be read'
  )
]
