import { EventEmitter } from 'node:events'
import { type EventStore, FST_SSE_PRODUCER_FENCED, type LeaseStatus, type LogEnd, type LogPage } from 'fastify-sse-from'

/** The log of one stream. */
interface Row {
  readonly producer: string
  readonly owner: string | undefined
  readonly protocol: string | undefined
  readonly events: string[]
  end: LogEnd | undefined
  isToStop: boolean
  leaseUntil: number
  /** Until when each node follows. */
  readonly followers: Map<TableStore, number>
  expiry: NodeJS.Timeout | undefined
}

/** Stands in for the database that all nodes share: rows, and what tells nodes that one has changed. */
export class Table {
  readonly rows = new Map<string, Row>()
  readonly changes = new EventEmitter().setMaxListeners(0)
}

export interface TableStoreOptions {
  /** How long a producer holds a log without a sign of life. Milliseconds. Default: 10000. */
  lease?: number
  /** How long a log is kept after its end. Milliseconds. Default: 300000. */
  keep?: number
}

/**
 * The event store of one node. Each method looks at one row and changes it in one go: with a database, each is one
 * transaction, and `performance.now()` is the clock of the database.
 */
export class TableStore implements EventStore {
  readonly maxEvents = 65_536
  readonly maxBytes = 1024 * 1024
  readonly lease: number
  readonly #keep: number
  readonly #table: Table

  constructor(table: Table, { lease = 10_000, keep = 300_000 }: TableStoreOptions = {}) {
    this.#table = table
    this.lease = lease
    this.#keep = keep
  }

  async create(id: string, producer: string, owner: string | undefined, protocol?: string): Promise<boolean> {
    const taken = this.#table.rows.get(id)
    if (taken !== undefined) return taken.producer === producer
    const log = { events: [], end: undefined, isToStop: false, leaseUntil: 0, followers: new Map(), expiry: undefined }
    const row: Row = { producer, owner, protocol, ...log }
    this.#table.rows.set(id, row)
    this.#hold(id, row)
    return true
  }

  async append(id: string, producer: string, first: number, events: readonly string[], end?: string): Promise<number> {
    const row = this.#table.rows.get(id)
    // The answer to a call that has ended the log may have been lost: this is the same call again.
    const isRepeated = row?.producer === producer && row.end?.lost === false && row.end.frame === end
    if (isRepeated) return row.events.length
    const held = this.#held(row, producer)
    if (first === held.events.length + 1) held.events.push(...events)
    const last = held.events.length
    if (end !== undefined && last === first + events.length - 1) this.#end(id, held, { frame: end, lost: false })
    else this.#notify(id)
    return last
  }

  async renew(id: string, producer: string): Promise<LeaseStatus> {
    const row = this.#held(this.#table.rows.get(id), producer)
    this.#hold(id, row)
    const followers = [...row.followers.values()].filter(until => until > performance.now()).length
    return { stop: row.isToStop, followers }
  }

  async read(id: string, after: number): Promise<LogPage | undefined> {
    const row = this.#table.rows.get(id)
    if (row === undefined) return undefined
    const { producer, owner, protocol, end } = row
    const leaseLeft = end === undefined ? Math.max(0, row.leaseUntil - performance.now()) : 0
    const events = row.events.slice(after)
    return { producer, owner, protocol, first: after + 1, events, more: false, end, leaseLeft }
  }

  async follow(id: string): Promise<void> {
    const row = this.#table.rows.get(id)
    if (row === undefined || row.end !== undefined) return
    const isNew = (row.followers.get(this) ?? 0) <= performance.now()
    row.followers.set(this, performance.now() + this.lease)
    if (isNew) this.#notify(id)
  }

  async unfollow(id: string): Promise<void> {
    if (this.#table.rows.get(id)?.followers.delete(this)) this.#notify(id)
  }

  async endLost(id: string, end: string): Promise<boolean> {
    const row = this.#table.rows.get(id)
    if (row === undefined || row.end !== undefined || row.leaseUntil > performance.now()) return false
    this.#end(id, row, { frame: end, lost: true })
    return true
  }

  async stop(id: string): Promise<boolean> {
    const row = this.#table.rows.get(id)
    if (row === undefined) return false
    row.isToStop = true
    this.#notify(id)
    return true
  }

  subscribe(notify: (id: string | undefined) => void): () => void {
    const listener = (id: string) => notify(id)
    this.#table.changes.on('change', listener)
    return () => this.#table.changes.off('change', listener)
  }

  #held(row: Row | undefined, producer: string): Row {
    const isHeld = row?.producer === producer && row.end === undefined && row.leaseUntil > performance.now()
    if (!isHeld) throw new FST_SSE_PRODUCER_FENCED()
    return row
  }

  #hold(id: string, row: Row): void {
    row.leaseUntil = performance.now() + this.lease
    this.#expireIn(this.lease + this.#keep, id, row)
  }

  #end(id: string, row: Row, end: LogEnd): void {
    row.end = end
    this.#expireIn(this.#keep, id, row)
    this.#notify(id)
  }

  #expireIn(ms: number, id: string, row: Row): void {
    clearTimeout(row.expiry)
    row.expiry = setTimeout(() => this.#table.rows.delete(id), ms).unref()
  }

  #notify(id: string): void {
    this.#table.changes.emit('change', id)
  }
}
