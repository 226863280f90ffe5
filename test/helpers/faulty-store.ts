import { FST_SSE_STORE_UNAVAILABLE } from '../../plugin/errors.js'
import { type EventStore, MemoryStore, type MemoryStoreOptions } from '../../plugin/index.js'

type Method = Exclude<keyof EventStore, 'maxEvents' | 'maxBytes' | 'lease' | 'linger' | 'local' | 'slots' | 'subscribe'>

/**
 * What one node sees of a store in memory that it shares with others: its calls may fail, hang or never arrive, and
 * notifications may be lost.
 */
export class FaultyStore implements EventStore {
  readonly shared: MemoryStore
  /** Called before each call goes on to the store. */
  before: (method: Method, ...args: unknown[]) => unknown = () => {}
  linger = 0
  /** Whether notifications are lost. */
  losesNotifications = false
  /** How many events it gives at once. */
  page = Number.POSITIVE_INFINITY
  /** Notifies as a store does that may have missed notifications. */
  notifyOfAny = () => {}
  /** How often each method was called. */
  readonly calls: Partial<Record<Method, number>> = {}

  constructor(shared = new MemoryStore()) {
    this.shared = shared
  }

  /** Nodes that share a store. */
  static nodes(count: number, options?: MemoryStoreOptions): FaultyStore[] {
    const shared = new MemoryStore(options)
    return Array.from({ length: count }, () => new FaultyStore(shared))
  }

  get maxEvents(): number {
    return this.shared.maxEvents
  }

  get maxBytes(): number {
    return this.shared.maxBytes
  }

  get lease(): number {
    return this.shared.lease
  }

  /** Makes the store unreachable until `comeBack`. */
  goDown(methods?: Method[]): void {
    this.before = method => {
      if (methods?.includes(method) ?? true) throw new FST_SSE_STORE_UNAVAILABLE({ cause: 'the test says so' })
    }
  }

  comeBack(): void {
    this.before = () => {}
  }

  create(...args: Parameters<EventStore['create']>) {
    return this.#call('create', args)
  }

  append(...args: Parameters<EventStore['append']>) {
    return this.#call('append', args)
  }

  renew(...args: Parameters<EventStore['renew']>) {
    return this.#call('renew', args)
  }

  async read(...args: Parameters<EventStore['read']>) {
    const page = await this.#call('read', args)
    if (page === undefined || page.events.length <= this.page) return page
    return { ...page, events: page.events.slice(0, this.page), more: true, end: undefined }
  }

  follow(...args: Parameters<EventStore['follow']>) {
    return this.#call('follow', args)
  }

  unfollow(...args: Parameters<EventStore['unfollow']>) {
    return this.#call('unfollow', args)
  }

  endLost(...args: Parameters<EventStore['endLost']>) {
    return this.#call('endLost', args)
  }

  stop(...args: Parameters<EventStore['stop']>) {
    return this.#call('stop', args)
  }

  subscribe(notify: (id: string | undefined) => void): () => void {
    this.notifyOfAny = () => notify(undefined)
    return this.shared.subscribe(id => {
      if (!this.losesNotifications) notify(id)
    })
  }

  async #call<M extends Method>(
    method: M,
    args: Parameters<EventStore[M]>
  ): Promise<Awaited<ReturnType<EventStore[M]>>> {
    this.calls[method] = (this.calls[method] ?? 0) + 1
    await this.before(method, ...args)
    const call = this.shared[method] as (...args: Parameters<EventStore[M]>) => ReturnType<EventStore[M]>
    return await call.apply(this.shared, args)
  }
}
