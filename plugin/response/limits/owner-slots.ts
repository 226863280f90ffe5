import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { FST_SSE_OWNER_BUSY } from '../../errors.js'
import type { EventStore } from '../../stores/event-store.js'
import { tellStoreFailure } from '../../stores/failure-channel.js'
import type { StreamSlots } from '../../stores/stream-slots.js'
import { logError } from '../../util/log.js'
import type { Deadline, DeadlineEntry, Deadlines } from '../../util/timing/deadlines.js'
import { refusal } from './refusal.js'
import type { Slot } from './slot.js'

/**
 * Limits how many streams of an owner run at the same time, on all nodes together.
 *
 * The event store counts the slots of all nodes, and each has a lease: those of a node that dies are free again when
 * their leases expire. A store that does not count, or cannot be reached, leaves each node with its own count. A limit
 * must not end the service.
 */
export class OwnerSlots implements Deadline {
  entry?: DeadlineEntry | undefined
  readonly #limit: number
  readonly #slots: StreamSlots | undefined
  readonly #lease: number
  readonly #deadlines: Deadlines
  readonly #logger: FastifyBaseLogger
  readonly #nodeId = randomUUID()
  #count = 0
  /** The holders on this node, by owner. */
  readonly #held = new Map<string, Set<string>>()
  #isFailing = false

  constructor(limit: number, store: EventStore, deadlines: Deadlines, logger: FastifyBaseLogger) {
    this.#limit = limit
    this.#slots = store.slots
    this.#lease = store.lease
    this.#deadlines = deadlines
    this.#logger = logger
  }

  /** @throws FST_SSE_OWNER_BUSY */
  async take(owner: string): Promise<Slot> {
    const holders = this.#held.get(owner) ?? new Set()
    if (holders.size >= this.#limit) this.#refuse()
    // Before the store answers, others may ask.
    const holder = `${this.#nodeId}:${++this.#count}`
    this.#held.set(owner, holders.add(holder))
    if (!(await this.#mayHold(owner, holder))) {
      this.#forget(owner, holders, holder)
      this.#refuse()
    }
    if (Number.isFinite(this.#lease) && !this.#deadlines.has(this)) this.#await()
    return { release: () => this.#release(owner, holders, holder) }
  }

  /** Renews the leases of all slots of this node. */
  onDeadline(): void {
    if (this.#held.size === 0) return
    this.#await()
    for (const [owner, holders] of this.#held) void this.#call(slots => slots.renew(owner, [...holders]))
  }

  #await(): void {
    if (this.#slots !== undefined) this.#deadlines.set(this, Math.ceil(this.#lease / 3))
  }

  async #mayHold(owner: string, holder: string): Promise<boolean> {
    return (await this.#call(slots => slots.take(owner, holder, this.#limit))) !== false
  }

  #release(owner: string, holders: Set<string>, holder: string): void {
    this.#forget(owner, holders, holder)
    // If this fails, the slot is free again when its lease expires.
    void this.#call(slots => slots.release(owner, holder))
  }

  #forget(owner: string, holders: Set<string>, holder: string): void {
    holders.delete(holder)
    if (holders.size === 0 && this.#held.get(owner) === holders) this.#held.delete(owner)
  }

  /** @returns `undefined` if the store does not count, or has failed */
  async #call<T>(ask: (slots: StreamSlots) => Promise<T>): Promise<T | undefined> {
    if (this.#slots === undefined) return undefined
    try {
      const answer = await ask(this.#slots)
      this.#isFailing = false
      return answer
    } catch (error) {
      tellStoreFailure('slots', error)
      if (!this.#isFailing) {
        logError(this.#logger, 'warn', error, 'the event store failed: this node counts the streams of owners alone')
      }
      this.#isFailing = true
      return undefined
    }
  }

  #refuse(): never {
    throw refusal(new FST_SSE_OWNER_BUSY(this.#limit))
  }
}
