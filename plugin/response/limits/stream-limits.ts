import { FST_SSE_SERVER_BUSY } from '../../errors.js'
import type { OwnerSlots } from './owner-slots.js'
import { refusal } from './refusal.js'
import type { Slot, TakeSlot } from './slot.js'

/** Limits how many sources run at the same time (V5), on this server and of each owner. */
export class StreamLimits {
  readonly #maxStreams: number | false
  readonly #owners: OwnerSlots | undefined
  #running = 0

  /** @param owners `undefined` if owners are not limited */
  constructor(maxStreams: number | false, owners: OwnerSlots | undefined) {
    this.#maxStreams = maxStreams
    this.#owners = owners
  }

  /** Takes a slot for a source that is not counted for an owner. All streams share it. */
  readonly takeUnowned: TakeSlot = () => this.take(undefined)

  /** How many sources run. */
  get running(): number {
    return this.#running
  }

  /**
   * Takes a slot for a source that is about to start.
   *
   * @param owner the hash of its owner; `undefined` for none
   * @throws FST_SSE_SERVER_BUSY, FST_SSE_OWNER_BUSY. If it gives a promise, that rejects with the second one.
   */
  take(owner: string | undefined): Slot | Promise<Slot> {
    if (this.#maxStreams !== false && this.#running >= this.#maxStreams) {
      throw refusal(new FST_SSE_SERVER_BUSY(this.#maxStreams))
    }
    const slot = new ServerSlot(this)
    this.#running++
    return owner === undefined || this.#owners === undefined ? slot : this.#takeOwned(this.#owners, owner, slot)
  }

  /** Called when a slot is given back. */
  release(): void {
    this.#running--
  }

  async #takeOwned(owners: OwnerSlots, owner: string, slot: ServerSlot): Promise<Slot> {
    try {
      slot.owned = await owners.take(owner)
      return slot
    } catch (error) {
      slot.release()
      throw error
    }
  }
}

class ServerSlot implements Slot {
  /** The slot of its owner. */
  owned: Slot | undefined
  #limits: StreamLimits | undefined

  constructor(limits: StreamLimits) {
    this.#limits = limits
  }

  release(): void {
    this.#limits?.release()
    this.#limits = undefined
    this.owned?.release()
    this.owned = undefined
  }
}
