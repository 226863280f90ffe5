import type { FastifyBaseLogger } from 'fastify'
import { FST_SSE_PRODUCER_FENCED, FST_SSE_STORE_FULL } from '../errors.js'
import type { EventStore, LeaseStatus } from '../stores/event-store.js'
import type { Deadlines } from '../util/deadlines.js'
import { logError } from '../util/log.js'
import type { LiveLog } from './live-log.js'

/** The most events that are brought to the store at once. */
const PAGE = 1000
/** How long to wait before a store that has failed is asked again. Milliseconds. */
const RETRY = 1000
/** For how long it is asked once the stream has ended, where the lease is longer. Milliseconds. */
const PATIENCE = 10_000

/** Who is told what the store says of the log. */
export interface StoreWriterListener {
  onLease(status: LeaseStatus): void
  /** The stream is not this node's any more. */
  onFenced(): void
}

/**
 * Brings the log of a stream that this node produces to the event store, in order and as fast as the store takes it,
 * and holds the lease. While the store is away the stream goes on.
 */
export class StoreWriter {
  readonly #log: LiveLog
  readonly #store: EventStore
  readonly #producer: string
  readonly #deadlines: Deadlines
  readonly #logger: FastifyBaseLogger
  readonly #listener: StoreWriterListener
  readonly #patience: number
  readonly #lease = { onDeadline: () => void this.renew() }
  /** How many of the events are known to be in the store. */
  #sent = 0
  #claimed: Promise<boolean> | undefined
  #isCreated = false
  /** Whether the store reads the events where the log has them. */
  #isShared = false
  #isOver = false
  #isLastTry = false
  #whenOver: (() => void) | undefined
  #wellAt = performance.now()
  #followers = 0
  #isTroubled = false
  #hasWarned = false
  #wake: (() => void) | undefined
  readonly #onChange = () => this.#wake?.()

  constructor(
    log: LiveLog,
    store: EventStore,
    producer: string,
    deadlines: Deadlines,
    logger: FastifyBaseLogger,
    listener: StoreWriterListener
  ) {
    this.#log = log
    this.#store = store
    this.#producer = producer
    this.#deadlines = deadlines
    this.#logger = logger
    this.#listener = listener
    this.#patience = Math.min(store.lease, PATIENCE)
  }

  /**
   * Makes the log in the store. From then on other nodes find the stream.
   *
   * @returns `false` where the id is taken; `true` also where the store has failed, since the stream goes on without
   */
  claim(): Promise<boolean> {
    this.#claimed ??= this.#claim()
    return this.#claimed
  }

  /** Resolves when all is in the store, or nothing more can be brought there. */
  over(): Promise<void> {
    return new Promise(resolve => {
      if (this.#isOver) resolve()
      else this.#whenOver = resolve
    })
  }

  /** Brings at once what is pending. */
  urge(): void {
    this.#wake?.()
  }

  /** Gives a store that fails no more time. */
  hurry(): void {
    this.#isLastTry = true
    this.#wake?.()
  }

  /** Renews the lease, and tells the listener what the store says of it. */
  async renew(): Promise<void> {
    if (this.#isOver || !this.#isCreated) return
    this.#holdLease()
    // A process that sleeps meanwhile finds an answer which is as old as that.
    const askedAt = performance.now()
    try {
      const status = await this.#store.renew(this.#log.id, this.#producer)
      this.#wellAt = askedAt
      if (this.#isOver) return
      this.#followers = status.followers
      if (this.#isShared) this.urge()
      this.#listener.onLease(status)
    } catch (error) {
      // Where the log is being ended, the lease may be gone just because of that.
      if (!this.#isOver && this.#log.end === undefined) this.#trouble(error)
    }
  }

  async #claim(): Promise<boolean> {
    try {
      if (!(await this.#create())) {
        this.#finish()
        return false
      }
    } catch (error) {
      this.#trouble(error)
    }
    void this.#write()
    return true
  }

  async #create(): Promise<boolean> {
    const { id, meta } = this.#log
    const askedAt = performance.now()
    this.#isCreated = await this.#store.create(id, this.#producer, meta.owner, meta.protocol)
    this.#wellAt = askedAt
    if (!this.#isCreated) return false
    this.#holdLease()
    this.#store.local?.share(id, this.#producer, this.#log.frames)
    this.#isShared = this.#store.local !== undefined
    return true
  }

  async #write(): Promise<void> {
    while (!this.#isOver) {
      if (this.#isTroubled) await this.#wait(RETRY)
      else if (this.#log.end === undefined) await this.#more()
      if (this.#mayLinger) await this.#wait(this.#store.linger as number)
      if (this.#isOver) return
      try {
        if (!this.#isCreated && !(await this.#create())) throw new FST_SSE_PRODUCER_FENCED()
        const askedAt = performance.now()
        await this.#send()
        this.#wellAt = askedAt
        this.#isTroubled = false
      } catch (error) {
        if (!this.#isOver) this.#trouble(error)
      }
    }
  }

  async #send(): Promise<void> {
    const { id, last, end } = this.#log
    const from = this.#isShared ? last : this.#sent
    const events = this.#log.after(from, PAGE)
    const to = from + events.length
    const frame = to === last ? end?.frame : undefined
    // The answer to an earlier call may have been lost.
    this.#sent = await this.#store.append(id, this.#producer, from + 1, events, frame)
    if (this.#sent === to && frame !== undefined) this.#finish()
  }

  /** Waits for something to bring to the store. */
  async #more(): Promise<void> {
    // What a store shares it has already, and nobody else waits to be notified.
    const isHeard = !this.#isShared || this.#followers > 0
    if (isHeard && this.#sent !== this.#log.last) return
    await new Promise<void>(resolve => {
      this.#wake = resolve
      if (!isHeard) return
      this.#log.forget(this.#onChange)
      this.#log.wait(this.#onChange)
    })
  }

  /** Whether nobody waits for what is pending. */
  get #mayLinger(): boolean {
    return this.#store.linger !== undefined && this.#isCreated && this.#followers === 0 && this.#log.end === undefined
  }

  /** Waits so many milliseconds, or until somebody cannot. */
  #wait(ms: number): Promise<void> {
    return new Promise(resolve => {
      const deadline = { onDeadline: resolve }
      this.#wake = () => {
        this.#deadlines.clear(deadline)
        resolve()
      }
      this.#deadlines.set(deadline, ms)
    })
  }

  #holdLease(): void {
    if (Number.isFinite(this.#store.lease)) this.#deadlines.set(this.#lease, Math.ceil(this.#store.lease / 3))
  }

  /** What fails goes to the log once a stream, and what cannot be mended is the end of the recording. */
  #trouble(error: unknown): void {
    const silence = performance.now() - this.#wellAt
    const isFenced = error instanceof FST_SSE_PRODUCER_FENCED
    // Without a lease a producer was either out of touch, and knows it, or the store has lost the log, or the process has
    // slept: then others were told that it is gone.
    const hasSlept = isFenced && !this.#isTroubled && silence > this.#store.lease / 2
    this.#isTroubled = true
    if (!this.#hasWarned && !hasSlept) {
      this.#hasWarned = true
      logError(this.#logger, 'warn', error, 'the event store failed: this stream cannot be resumed for now')
    }
    const isHopeless = isFenced || error instanceof FST_SSE_STORE_FULL || this.#isLastTry
    // As long as the stream goes on the store may be back in time for it.
    if (isHopeless || (this.#log.end !== undefined && silence > this.#patience)) this.#finish()
    else this.#wake?.()
    if (hasSlept) this.#listener.onFenced()
  }

  #finish(): void {
    this.#isOver = true
    this.#deadlines.clear(this.#lease)
    this.#wake?.()
    this.#whenOver?.()
  }
}
