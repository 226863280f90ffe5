import { FST_SSE_STORE_FULL } from '../errors.js'
import { Chain, type Link } from '../util/collections/chain.js'
import { IdMap } from '../util/collections/id-map.js'

/** The most room that a log is given ahead of what it needs. UTF-16 code units. */
const MAX_STEP = 8192

/** The limits of the logs of a store, or of one owner. */
interface Limits {
  readonly maxStreams: number
  /** UTF-16 code units. */
  readonly maxTotalBytes: number
}

/** The limits of a `MemoryStore`. */
export interface RoomLimits extends Limits {
  /** The part of them that one owner may take up. */
  readonly ownerShare: number
  /** The most bytes of one log. */
  readonly maxBytes: number
}

/** A log that takes up room. */
export interface Tenant {
  readonly owner: string | undefined
  /** How much room it has. UTF-16 code units. */
  room: number
  /** Its places among those that ended, once it has. */
  ended: { readonly all: Link<Tenant>; readonly own: Link<Tenant> | undefined } | undefined
}

/** The logs that share limits. */
class Tenants {
  readonly #limits: Limits
  /** In the order in which they ended. */
  readonly ended = new Chain<Tenant>()
  streams = 0
  units = 0
  running = 0
  runningUnits = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** Whether there is room, if those that have ended leave. */
  couldFit(streams: number, units: number): boolean {
    const { maxStreams, maxTotalBytes } = this.#limits
    return this.running + streams <= maxStreams && this.runningUnits + units <= maxTotalBytes
  }

  /** Whether there is room now. */
  fits(streams: number, units: number): boolean {
    const { maxStreams, maxTotalBytes } = this.#limits
    return this.streams + streams <= maxStreams && this.units + units <= maxTotalBytes
  }
}

/**
 * Shares the room of a `MemoryStore` out among its logs. Logs that have ended make room for those that run, the oldest
 * first. Those that run keep the room that they have.
 *
 * A log is given room in steps, so that an event costs a subtraction.
 */
export class MemoryRoom<T extends Tenant> {
  readonly #limits: RoomLimits
  readonly #ownLimits: Limits
  readonly #step: number
  readonly #all: Tenants
  readonly #owners = new IdMap<Tenants>()
  readonly #evict: (tenant: T) => void

  /** @param evict deletes a log that has ended, and calls `leave` */
  constructor(limits: RoomLimits, evict: (tenant: T) => void) {
    const { maxStreams, maxTotalBytes, ownerShare, maxBytes } = limits
    this.#limits = limits
    this.#ownLimits = {
      maxStreams: Math.ceil(maxStreams * ownerShare),
      maxTotalBytes: Math.ceil(maxTotalBytes * ownerShare)
    }
    this.#step = Math.max(1, Math.min(MAX_STEP, maxBytes, Math.floor(this.#ownLimits.maxTotalBytes / 16)))
    this.#all = new Tenants(limits)
    this.#evict = evict
  }

  /** How much room is taken up. UTF-16 code units. */
  get units(): number {
    return this.#all.units
  }

  /**
   * Gives a new log a place, and its first room.
   *
   * @throws FST_SSE_STORE_FULL
   */
  enter(tenant: T): void {
    const { owner } = tenant
    const own = owner === undefined ? undefined : (this.#owners.get(owner) ?? new Tenants(this.#ownLimits))
    this.#makeRoom(own, 1, this.#step)
    if (owner !== undefined && own !== undefined) this.#owners.set(owner, own)
    tenant.room = this.#step
    for (const tenants of [this.#all, own]) {
      if (tenants === undefined) continue
      tenants.streams++
      tenants.running++
      tenants.units += this.#step
      tenants.runningUnits += this.#step
    }
  }

  /**
   * Gives a running log more room.
   *
   * @param units how much it needs at least
   * @returns how much it was given
   * @throws FST_SSE_STORE_FULL
   */
  grow(tenant: T, units: number): number {
    const more = Math.ceil(units / this.#step) * this.#step
    this.#makeRoom(this.#ownOf(tenant), 0, more)
    this.#change(tenant, more)
    return more
  }

  /** Called when a log has ended. @param units how much room it needs from now on */
  end(tenant: T, units: number): void {
    this.#change(tenant, units - tenant.room)
    const own = this.#ownOf(tenant)
    tenant.ended = { all: this.#all.ended.add(tenant), own: own?.ended.add(tenant) }
    for (const tenants of [this.#all, own]) {
      if (tenants === undefined) continue
      tenants.running--
      tenants.runningUnits -= tenant.room
    }
  }

  /** The log that ended first; `undefined` if none has. */
  get oldest(): T | undefined {
    return this.#all.ended.first as T | undefined
  }

  /** Called when a log is deleted. */
  leave(tenant: T): void {
    const { owner, room, ended } = tenant
    const own = this.#ownOf(tenant)
    for (const tenants of [this.#all, own]) {
      if (tenants === undefined) continue
      tenants.streams--
      tenants.units -= room
      if (ended !== undefined) continue
      tenants.running--
      tenants.runningUnits -= room
    }
    if (ended !== undefined) this.#all.ended.remove(ended.all)
    if (ended?.own !== undefined) own?.ended.remove(ended.own)
    if (owner !== undefined && own?.streams === 0) this.#owners.delete(owner)
  }

  #ownOf({ owner }: Tenant): Tenants | undefined {
    return owner === undefined ? undefined : this.#owners.get(owner)
  }

  #change(tenant: T, units: number): void {
    tenant.room += units
    for (const tenants of [this.#all, this.#ownOf(tenant)]) {
      if (tenants === undefined) continue
      tenants.units += units
      tenants.runningUnits += units
    }
  }

  #makeRoom(own: Tenants | undefined, streams: number, units: number): void {
    const { maxStreams, maxTotalBytes, ownerShare } = this.#limits
    if (!this.#all.couldFit(streams, units)) {
      throw new FST_SSE_STORE_FULL(
        `those that run take up maxStreams (${maxStreams}) or maxTotalBytes (${maxTotalBytes})`
      )
    }
    if (own !== undefined && !own.couldFit(streams, units)) {
      throw new FST_SSE_STORE_FULL(`those of its owner that run take up ownerShare (${ownerShare})`)
    }
    for (const tenants of [own, this.#all]) {
      while (tenants !== undefined && !tenants.fits(streams, units)) this.#evict(tenants.ended.first as T)
    }
  }
}
