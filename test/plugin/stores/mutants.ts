import { setTimeout as sleep } from 'node:timers/promises'
import { FST_SSE_PRODUCER_FENCED } from '../../../plugin/errors.js'
import { type EventStore, type LogPage, MemoryStore, type MemoryStoreOptions } from '../../../plugin/index.js'
import type { ConformanceWishes } from '../../../plugin/stores/conformance/conformance.js'
import { until } from '../../helpers/until.js'

type Ring = (id: string | undefined) => void
type Append = Parameters<EventStore['append']>
type Create = Parameters<EventStore['create']>

/** A store with one thing wrong. */
export interface Mutant {
  readonly what: string
  /** The names of tests that fail. */
  readonly caughtBy: readonly string[]
  make(wishes: ConformanceWishes): readonly [EventStore, EventStore]
}

class Store extends MemoryStore {
  /** What is there of a log; nothing where there is none. */
  protected async peek(id: string): Promise<LogPage> {
    const page = await MemoryStore.prototype.read.call(this, id, 0)
    return (
      page ?? { owner: undefined, protocol: undefined, first: 1, events: [], more: false, end: undefined, leaseLeft: 0 }
    )
  }

  /** Does what takes no turn of the event loop at another time. */
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
function reading(change: (page: LogPage, after: number, id: string) => LogPage | undefined) {
  return class extends Store {
    override async read(id: string, after: number) {
      const page = await super.read(id, after)
      return page && change(page, after, id)
    }
  }
}

/** A store that changes what it is given to append. */
function appending(change: (append: Append, there: number) => Append) {
  return class extends Store {
    override async append(...append: Append) {
      const { events } = await this.peek(append[0])
      return await super.append(...change(append, events.length))
    }
  }
}

/** A store that does not ring while it does something. */
function silent(method: 'append' | 'endLost' | 'follow' | 'unfollow' | 'stop', isSilent = (..._: unknown[]) => true) {
  return class extends Store {
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

    override subscribe(ring: Ring) {
      return super.subscribe(id => {
        if (!this.#isSilent) ring(id)
      })
    }
  }
}

const mutant = (what: string, Kind: new (wishes: ConformanceWishes) => EventStore, ...caughtBy: string[]): Mutant => ({
  what,
  caughtBy,
  make: wishes => {
    const store = new Kind(wishes)
    return [store, store]
  }
})

export const mutants: readonly Mutant[] = [
  {
    what: 'shares nothing',
    caughtBy: ['a log begins empty, and every node finds it'],
    make: wishes => [new MemoryStore(wishes), new MemoryStore(wishes)]
  },
  mutant(
    'has a lease of its own',
    class extends Store {
      constructor(wishes: ConformanceWishes) {
        super({ ...wishes, lease: 1000 })
      }
    },
    'says how much it holds, and for how long it waits for a sign of life'
  ),
  mutant(
    'gives an id to everybody',
    class extends Store {
      override async create(...args: Create) {
        await super.create(...args)
        return true
      }
    },
    'an id that is taken is refused',
    'a log whose producer is lost is ended once, and says so'
  ),
  mutant(
    'looks whether an id is free, and takes it later',
    class extends Store {
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
    class extends Store {
      override async create(...args: Create) {
        return (await this.read(args[0], 0)) === undefined && (await super.create(...args))
      }
    },
    'a repeated create is the same create'
  ),
  mutant(
    'gives the ids of ended logs away',
    class extends Store {
      override async create(...args: Create) {
        const { end } = await this.peek(args[0])
        return end !== undefined || (await super.create(...args))
      }
    },
    'an id stays taken when its log has ended',
    'a log whose producer is lost is ended once, and says so'
  ),
  mutant(
    'takes an empty owner for none',
    reading(page => ({ ...page, owner: page.owner || undefined })),
    'an owner is given back as it is, none and an empty one included'
  ),
  mutant(
    'keeps no protocol',
    reading(page => ({ ...page, protocol: undefined })),
    'a protocol is given back as it is, none included'
  ),
  mutant(
    'has a protocol where none was given',
    reading(page => ({ ...page, protocol: page.protocol ?? 'events' })),
    'a log begins empty, and every node finds it',
    'a protocol is given back as it is, none included'
  ),
  mutant(
    'drops the owner',
    reading(page => ({ ...page, owner: undefined })),
    'a log begins empty, and every node finds it',
    'an id that was forgotten may be taken for a new log'
  ),
  mutant(
    'takes A for a in ids',
    class extends Store {
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
    'streams whose ids look alike are kept apart'
  ),
  mutant(
    'stops what is not there',
    class extends Store {
      override async stop(id: string) {
        await super.stop(id)
        return true
      }
    },
    'a stream that is not there has no log, and nothing makes one',
    'a log that has ended is forgotten some time later, and nothing brings it back'
  ),
  mutant(
    'loses the order',
    appending(([id, producer, first, events, end]) => [id, producer, first, events.toReversed(), end]),
    'events are numbered from 1, in the order in which they were appended',
    'a log is kept with all its events as long as its producer holds it'
  ),
  mutant(
    'accepts gaps',
    appending(([id, producer, first, ...rest], there) => [id, producer, Math.min(first, there + 1), ...rest]),
    'an append that leaves a gap adds nothing, and says what is there'
  ),
  mutant(
    'appends twice',
    appending(([id, producer, first, ...rest], there) => [id, producer, Math.max(first, there + 1), ...rest]),
    'a repeated append adds nothing, and says what is there'
  ),
  mutant(
    'appends what is new of an append',
    appending(([id, producer, first, events, end], there) => {
      const known = Math.max(0, Math.min(there - first + 1, events.length))
      return [id, producer, first + known, events.slice(known), end]
    }),
    'an append whose events are there in part adds nothing, and says what is there'
  ),
  mutant(
    'says what was asked for where nothing is appended',
    class extends Store {
      override async append(...args: Append) {
        const last = await super.append(...args)
        return args[3].length === 0 && args[4] === undefined ? args[2] - 1 : last
      }
    },
    'an append without events adds nothing, and says what is there'
  ),
  mutant(
    'appends one by one',
    class extends Store {
      override async append(id: string, producer: string, first: number, events: readonly string[], end?: string) {
        let last = 0
        for (const [i, event] of events.entries()) {
          await sleep(1)
          last = await super.append(id, producer, first + i, [event])
        }
        return end === undefined ? last : await super.append(id, producer, first + events.length, [], end)
      }
    },
    'repeats of an append that arrive together add its events once'
  ),
  mutant(
    'appends by halves',
    class extends Store {
      override async append(id: string, producer: string, first: number, events: readonly string[], end?: string) {
        const half = events.length / 2
        // Whatever else keeps the machine busy, the first half comes in time, and the second does not.
        await this.at(0, () => super.append(id, producer, first, events.slice(0, half)))
        await until('the lease has run out', async () => (await this.peek(id)).leaseLeft === 0)
        return await super.append(id, producer, first + half, events.slice(half), end)
      }
    },
    'a producer that is lost while it appends is refused, or its events are there, all of them'
  ),
  mutant(
    'takes every end for a loss',
    reading(page => ({ ...page, end: page.end && { ...page.end, lost: true } })),
    'a log ends together with its last events'
  ),
  mutant(
    'takes no end for a loss',
    reading(page => ({ ...page, end: page.end && { ...page.end, lost: false } })),
    'a log whose producer is lost is ended once, and says so'
  ),
  mutant(
    'needs events to end',
    appending(([id, producer, first, events, end]) => [id, producer, first, events, events[0] && end]),
    'a log ends without further events, or without any'
  ),
  mutant(
    'takes an empty end for none',
    appending(([id, producer, first, events, end]) => [id, producer, first, events, end || undefined]),
    'an end may have an empty text'
  ),
  mutant(
    'fences a producer that repeats its end',
    class extends Store {
      override async append(...args: Append) {
        if ((await this.peek(args[0])).end !== undefined) throw new FST_SSE_PRODUCER_FENCED()
        return await super.append(...args)
      }
    },
    'an end that is repeated after a lost answer counts as done',
    'a log that its producer has ended is not lost later',
    'an ended log may be followed and left, and does not change'
  ),
  mutant(
    'forgets the end where the events were repeated',
    appending(([id, producer, first, events, end], there) => {
      return [id, producer, first, events, first === there + 1 ? end : undefined]
    }),
    'an end is added where all that it comes with is there already'
  ),
  mutant(
    'ends wherever the producer is',
    appending(([id, producer, first, events, end], there) => {
      const isBehind = end !== undefined && first <= there
      return isBehind ? [id, producer, there + 1, [], end] : [id, producer, first, events, end]
    }),
    'an end does not cut off what is there'
  ),
  mutant(
    'takes what comes after the end for done',
    class extends Store {
      override async append(...args: Append) {
        const { end, events } = await this.peek(args[0])
        if (end !== undefined && args[4] === undefined) return events.length
        return await super.append(...args)
      }
    },
    'nothing is added after the end, and no other end takes its place'
  ),
  mutant(
    'takes every end for the one that it has',
    class extends Store {
      override async append(...args: Append) {
        return await super.append(...args).catch(async error => {
          if (args[4] === undefined) throw error
          return (await this.peek(args[0])).events.length
        })
      }
    },
    'one of 50 ends that race ends the log'
  ),
  mutant(
    'ignores who the producer is',
    class extends Store {
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
    'only the producer of a log adds to it',
    'an id that is taken is refused'
  ),
  mutant(
    'trims',
    appending(([id, producer, first, events, end]) => {
      return [id, producer, first, events.map(event => event.trim()), end]
    }),
    'texts are given back byte for byte'
  ),
  mutant(
    'cuts long texts off',
    appending(([id, producer, first, events, end]) => {
      return [id, producer, first, events.map(event => event.slice(0, 65_535)), end]
    }),
    'large texts are given back byte for byte'
  ),
  mutant(
    'gives the beginning of a long log',
    reading((page, after) => ({ ...page, events: page.events.slice(0, Math.max(0, 1000 - after)) })),
    'a long log is read to its end, page by page'
  ),
  mutant(
    'forgets the beginning of a long log',
    reading((page, after) => {
      const forgotten = after === 0 ? Math.max(0, page.events.length - 1000) : 0
      return { ...page, first: page.first + forgotten, events: page.events.slice(forgotten) }
    }),
    'a long log is read to its end, page by page'
  ),
  mutant(
    'never comes to an end',
    reading(page => ({ ...page, events: ['again'], more: true, end: undefined })),
    'a long log is read to its end, page by page'
  ),
  mutant(
    'gives the end with every page',
    reading(page => ({ ...page, events: page.events.slice(0, 10) })),
    'a long log is read to its end, page by page',
    'what comes after any event is given, the end with the last'
  ),
  mutant(
    'gives a part of a log as all of it',
    reading(page => ({ ...page, events: page.events.slice(0, 10), end: undefined })),
    'a long log is read to its end, page by page'
  ),
  mutant(
    'says that there is more where there is nothing',
    reading(page => ({ ...page, more: true })),
    'there is nothing after the last event but the end'
  ),
  mutant(
    'takes a number for one of 32 bits',
    class extends Store {
      override async read(id: string, after: number) {
        const page = await super.read(id, after | 0)
        return page && { ...page, first: after + 1 }
      }
    },
    'there is nothing after the last event but the end'
  ),
  mutant(
    'reads events, and then the end',
    class extends Store {
      override async read(id: string, after: number) {
        const page = await super.read(id, after)
        await until('the end', async () => (await this.peek(id)).end !== undefined)
        return page && { ...page, end: (await this.peek(id)).end }
      }
    },
    'who reads while events come gets each of them once, in order'
  ),
  mutant(
    'does not say how the lease runs down',
    reading(page => ({ ...page, leaseLeft: page.leaseLeft && 60_000 })),
    'the lease gets shorter until its producer renews it'
  ),
  mutant(
    'does not renew',
    class extends Store {
      override async renew(id: string, producer: string) {
        return this.at(0, () => super.renew(id, producer))
      }
    },
    'the lease gets shorter until its producer renews it'
  ),
  mutant(
    'renews once',
    class extends Store {
      readonly #renewed = new Set<string>()

      override async renew(id: string, producer: string) {
        if (this.#renewed.has(id)) throw new FST_SSE_PRODUCER_FENCED()
        this.#renewed.add(id)
        return await super.renew(id, producer)
      }
    },
    'a repeated renewal is the same renewal'
  ),
  mutant(
    'ignores the lease of who appends',
    class extends Store {
      override async append(...args: Append) {
        return await this.at(0, () => super.append(...args))
      }
    },
    'a producer that lets its lease run out cannot go on, however late it comes'
  ),
  mutant(
    'renews a lease that has run out',
    class extends Store {
      override async renew(id: string, producer: string) {
        return await this.at(0, () => super.renew(id, producer))
      }
    },
    'a producer that lets its lease run out cannot go on, however late it comes'
  ),
  mutant(
    'ends what is held',
    class extends Store {
      override async endLost(id: string, end: string) {
        return await this.at(Number.POSITIVE_INFINITY, () => super.endLost(id, end))
      }
    },
    'a log whose producer holds its lease is not ended by others'
  ),
  mutant(
    'ends twice',
    class extends Store {
      override async endLost(id: string, end: string) {
        return (await super.endLost(id, end)) || (await this.peek(id)).end?.lost === true
      }
    },
    'a log whose producer is lost is ended once, and says so',
    'one of 50 nodes that race to end a lost log does',
    'a lost log may end with an empty text'
  ),
  mutant(
    'looks whether a log may be ended, and ends it later',
    class extends Store {
      override async endLost(id: string, end: string) {
        const isLost = (await this.peek(id)).end === undefined
        await sleep(1)
        return (await super.endLost(id, end)) || isLost
      }
    },
    'one of 50 nodes that race to end a lost log does'
  ),
  mutant(
    'takes the end by others for that of the producer',
    class extends Store {
      override async append(...args: Append) {
        const { end, events } = await this.peek(args[0])
        if (end !== undefined && end.frame === args[4]) return events.length
        return await super.append(...args)
      }
    },
    'an end by others is not the end of the producer, though its text may be the same'
  ),
  mutant(
    'says of what its producer has ended that it is lost',
    class extends Store {
      override async endLost(id: string, end: string) {
        return (await super.endLost(id, end)) || (await this.peek(id)).end?.lost === false
      }
    },
    'a log that its producer has ended is not lost later',
    'nothing is added after the end, and no other end takes its place'
  ),
  mutant(
    'counts calls for followers',
    class extends Store {
      #followers = 0

      override async follow() {
        this.#followers++
      }
      override async unfollow() {
        this.#followers--
      }
      override async renew(id: string, producer: string) {
        return { ...(await super.renew(id, producer)), followers: this.#followers }
      }
    },
    'the nodes that follow are counted, each once',
    'a node that does not follow may say that it has left',
    'each stream has followers of its own'
  ),
  mutant(
    'forgets nobody who has followed',
    class extends Store {
      readonly #followed = new Set<string>()

      override async follow(id: string) {
        this.#followed.add(id)
      }
      override async renew(id: string, producer: string) {
        return { ...(await super.renew(id, producer)), followers: this.#followed.has(id) ? 1 : 0 }
      }
    },
    'the nodes that follow are counted, each once',
    'a node that is not heard of any more does not count as following'
  ),
  mutant(
    'does not hear of those who go on following',
    class extends Store {
      readonly #followed = new Set<string>()

      override async follow(id: string) {
        if (this.#followed.has(id)) return
        this.#followed.add(id)
        await super.follow(id)
      }
    },
    'a node that goes on following is not forgotten'
  ),
  mutant(
    'fails who follows an ended log',
    class extends Store {
      override async follow(id: string) {
        if ((await this.peek(id)).end !== undefined) throw new Error('it has ended')
        await super.follow(id)
      }
    },
    'an ended log may be followed and left, and does not change'
  ),
  mutant(
    'tells a producer once to stop',
    class extends Store {
      readonly #told = new Set<string>()

      override async renew(id: string, producer: string) {
        const news = await super.renew(id, producer)
        const isTold = this.#told.has(id)
        if (news.stop) this.#told.add(id)
        return { ...news, stop: news.stop && !isTold }
      }
    },
    'a producer is told to stop, however often it asks'
  ),
  mutant(
    'does not find a lost log to stop',
    class extends Store {
      override async stop(id: string) {
        const { end, leaseLeft } = await this.peek(id)
        return (end !== undefined || leaseLeft > 0) && (await super.stop(id))
      }
    },
    'a lost log can be asked to stop, which changes nothing'
  ),
  mutant(
    'does not ring for events',
    silent('append', (...args) => args[4] === undefined),
    'a node that follows is rung for events'
  ),
  mutant(
    'does not ring for the end',
    silent('append', (...args) => args[4] !== undefined),
    'a node that follows is rung for the end'
  ),
  mutant(
    'does not ring when it ends a lost log',
    silent('endLost'),
    'a node that follows is rung when others end a lost log'
  ),
  mutant(
    'does not ring for who follows',
    silent('follow'),
    'a producer is rung when a node begins to follow, and when it has left'
  ),
  mutant(
    'does not ring for who has left',
    silent('unfollow'),
    'a producer is rung when a node begins to follow, and when it has left'
  ),
  mutant('does not ring for who asks to stop', silent('stop'), 'a producer is rung when it is asked to stop'),
  mutant(
    'never rings',
    class extends Store {
      override subscribe() {
        return () => {}
      }
    },
    'a node that follows is rung for events'
  ),
  mutant(
    'takes a function once',
    class extends Store {
      readonly #functions = new Map<Ring, () => void>()

      override subscribe(ring: Ring) {
        if (!this.#functions.has(ring)) this.#functions.set(ring, super.subscribe(ring))
        return () => {
          this.#functions.get(ring)?.()
          this.#functions.delete(ring)
        }
      }
    },
    'who subscribes is rung until it ends that, whoever else subscribes'
  ),
  mutant(
    'rings for those who do not want it any more',
    class extends Store {
      override subscribe(ring: Ring) {
        super.subscribe(ring)
        return () => {}
      }
    },
    'who subscribes is rung until it ends that, whoever else subscribes'
  ),
  mutant(
    'fences with another error',
    class extends Store {
      override async append(...args: Append) {
        return await super.append(...args).catch(() => {
          throw new Error('fenced')
        })
      }
    },
    'a stream that is not there has no log, and nothing makes one',
    'one of 50 ends that race ends the log'
  ),
  mutant(
    'forgets nothing',
    class extends Store {
      constructor({ lease }: ConformanceWishes) {
        super({ lease, keep: Number.POSITIVE_INFINITY })
      }
    },
    'a log that has ended is forgotten some time later, and nothing brings it back',
    'a log whose producer has died is forgotten, though nobody asks for it',
    'a log that others have ended is forgotten'
  ),
  mutant(
    'forgets whose an id was, but not that it was taken',
    class extends Store {
      readonly #taken = new Map<string, string>()

      override async create(...args: Create) {
        const [id, producer] = args
        const taken = this.#taken.get(id) ?? producer
        this.#taken.set(id, taken)
        return taken === producer && (await super.create(...args))
      }
    },
    'an id that was forgotten may be taken for a new log'
  ),
  mutant(
    'forgets what is held',
    class extends Store {
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
    'a log is kept with all its events as long as its producer holds it'
  ),
  mutant(
    'has room for few',
    class extends Store {
      constructor(wishes: ConformanceWishes) {
        super({ ...wishes, maxStreams: 10 })
      }
    },
    'a log that has ended is still there for those who come back'
  )
]
