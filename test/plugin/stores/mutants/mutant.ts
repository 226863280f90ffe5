import { type EventStore, type LogPage, MemoryStore, type MemoryStoreOptions } from '../../../../plugin/index.js'
import type { ConformanceWishes } from '../../../../plugin/stores/conformance/conformance.js'

export type Notify = (id: string | undefined) => void
export type Append = Parameters<EventStore['append']>
export type Create = Parameters<EventStore['create']>

/** A store with one defect. */
export interface Mutant {
  /** The defect: what the store does. */
  readonly what: string
  /** The names of tests that fail. */
  readonly caughtBy: readonly string[]
  make(wishes: ConformanceWishes): readonly [EventStore, EventStore]
}

/** A mutant whose two nodes share one store. */
export function mutant(
  what: string,
  Broken: new (wishes: ConformanceWishes) => EventStore,
  ...caughtBy: string[]
): Mutant {
  return {
    what,
    caughtBy,
    make: wishes => {
      const store = new Broken(wishes)
      return [store, store]
    }
  }
}

const NO_LOG: LogPage = {
  producer: '',
  owner: undefined,
  protocol: undefined,
  first: 1,
  events: [],
  more: false,
  end: undefined,
  leaseLeft: 0
}

/** What the broken stores extend. */
export class Base extends MemoryStore {
  /** What the log really holds; an empty page if there is none. */
  protected async peek(id: string): Promise<LogPage> {
    return (await MemoryStore.prototype.read.call(this, id, 0)) ?? NO_LOG
  }

  /** Runs a synchronous action at another time. */
  protected at<T>(time: number, action: () => T): T {
    const { now } = performance
    performance.now = () => time
    try {
      return action()
    } finally {
      performance.now = now
    }
  }
}

/** A store that changes what it reads. */
export function changingReads(change: (page: LogPage, after: number, id: string) => LogPage | undefined) {
  return class extends Base {
    override async read(id: string, after: number) {
      const page = await super.read(id, after)
      return page && change(page, after, id)
    }
  }
}

/** A store that changes what it is given to append. */
export function changingAppends(change: (append: Append, last: number) => Append) {
  return class extends Base {
    override async append(...append: Append) {
      const { events } = await this.peek(append[0])
      return await super.append(...change(append, events.length))
    }
  }
}

/** A store that notifies nobody of what one of its methods does. */
export function silentDuring(
  method: 'append' | 'endLost' | 'follow' | 'unfollow' | 'stop',
  isSilent = (..._: unknown[]) => true
) {
  return class extends Base {
    #isSilent = false

    constructor(options: MemoryStoreOptions) {
      super(options)
      const act = this[method] as (...args: unknown[]) => Promise<unknown>
      Object.assign(this, {
        [method]: (...args: unknown[]) => {
          this.#isSilent = isSilent(...args)
          const result = act.apply(this, args)
          this.#isSilent = false
          return result
        }
      })
    }

    override subscribe(notify: Notify) {
      return super.subscribe(id => {
        if (!this.#isSilent) notify(id)
      })
    }
  }
}
