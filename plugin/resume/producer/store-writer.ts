import type { FastifyBaseLogger } from 'fastify'
import { FST_SSE_PRODUCER_FENCED, FST_SSE_STORE_FULL, FST_SSE_STORE_UNAVAILABLE } from '../../errors.js'
import type { EventStore } from '../../stores/event-store.js'
import { tellStoreFailure } from '../../stores/failure-channel.js'
import { describe } from '../../util/errors/describe.js'
import { logError } from '../../util/log.js'
import type { Deadlines } from '../../util/timing/deadlines.js'
import { Wakeup } from '../../util/timing/wakeup.js'
import { markedFrame } from '../log/end-mark.js'
import type { LiveLog } from '../log/live-log.js'
import type { LeaseListener } from './lease-listener.js'
import { StoreFailures } from './store-failures.js'

/** The largest number of events in one call of `append`. */
const MAX_EVENTS_PER_CALL = 1000
/** The delay before a failed call of the store is repeated. Milliseconds. */
const RETRY_DELAY = 1000

/**
 * Writes the log of a producer to the event store, in order and as fast as the store takes it, and renews the lease.
 * The stream goes on while the store cannot be reached.
 */
export class StoreWriter {
  readonly #log: LiveLog
  readonly #store: EventStore
  readonly #producerId: string
  readonly #deadlines: Deadlines
  readonly #logger: FastifyBaseLogger
  readonly #listener: LeaseListener
  readonly #renewal = { onDeadline: () => void this.renew() }
  /** The number of events known to be in the store. */
  #stored = 0
  #claim: Promise<boolean> | undefined
  #isCreated = false
  /** Whether the log is to be created anew, at once. */
  #isFenced = false
  /** Whether the store reads the events from the memory of the log, so that they are not copied. */
  #isShared = false
  #isOver = false
  #mayRetry = true
  #whenOver: (() => void) | undefined
  readonly #failures: StoreFailures
  /** The number of other nodes that follow. */
  #followers = 0
  /** Until when nodes that followed a log which was created anew count as followers, by `performance.now()`. */
  #rememberUntil = 0
  #hasWarned = false
  readonly #wakeup: Wakeup
  readonly #onChange = () => this.#wakeup.wake()

  constructor(
    log: LiveLog,
    store: EventStore,
    producerId: string,
    deadlines: Deadlines,
    logger: FastifyBaseLogger,
    listener: LeaseListener
  ) {
    this.#log = log
    this.#store = store
    this.#producerId = producerId
    this.#deadlines = deadlines
    this.#logger = logger
    this.#listener = listener
    this.#failures = new StoreFailures(store.lease)
    this.#wakeup = new Wakeup(deadlines)
  }

  /**
   * Creates the log in the store, so that other nodes can find the stream. Further calls return the same promise.
   *
   * @returns `false` if the id is taken; `true` also if the store fails, since the stream then goes on without it
   */
  claimId(): Promise<boolean> {
    this.#claim ??= this.#claimAndWrite()
    return this.#claim
  }

  /** Resolves when the whole log is in the store, or writing was given up. */
  over(): Promise<void> {
    return new Promise(resolve => {
      if (this.#isOver) resolve()
      else this.#whenOver = resolve
    })
  }

  /** Writes pending events now. */
  flush(): void {
    this.#wakeup.wake()
  }

  /** Gives up because the store has refused what the log has grown by. */
  giveUp(error: unknown): void {
    this.#mayRetry = false
    this.#onStoreError(error)
  }

  /** Gives up at the next failure of the store. */
  stopRetrying(): void {
    this.#mayRetry = false
    this.#wakeup.wake()
  }

  /** Renews the lease, and passes the status of the lease to the listener. */
  async renew(): Promise<void> {
    if (this.#isOver || !this.#isCreated) return
    this.#scheduleRenewal()
    // The lease counts from the call: if the process sleeps meanwhile, the answer is old.
    const calledAt = performance.now()
    try {
      const status = await this.#store.renew(this.#log.meta.key, this.#producerId)
      this.#succeeded(calledAt)
      if (this.#isOver) return
      // They follow a log again that was created anew when they have found it.
      const isRemembering = performance.now() < this.#rememberUntil
      this.#followers = Math.max(status.followers, isRemembering ? this.#followers : 0)
      if (this.#isShared) this.flush()
      this.#listener.onLease({ ...status, followers: this.#followers })
    } catch (error) {
      // The end of the log, which is being written, also ends the lease.
      if (!this.#isOver && this.#log.end === undefined) this.#onStoreError(error)
    }
  }

  async #claimAndWrite(): Promise<boolean> {
    try {
      if (!(await this.#create())) {
        this.#finish()
        return false
      }
    } catch (error) {
      this.#onStoreError(error)
    }
    void this.#write()
    return true
  }

  async #create(): Promise<boolean> {
    const { key, owner, protocol } = this.#log.meta
    const calledAt = performance.now()
    this.#isCreated = await this.#store.create(key, this.#producerId, owner, protocol)
    this.#failures.created(calledAt)
    if (!this.#isCreated) return false
    this.#isFenced = false
    this.#scheduleRenewal()
    await this.#store.local?.share(key, this.#producerId, this.#log.frames)
    this.#isShared = this.#store.local !== undefined
    return true
  }

  async #write(): Promise<void> {
    while (!this.#isOver) {
      if (!this.#isFenced) {
        if (this.#failures.isFailing) await this.#wakeup.wait(RETRY_DELAY)
        else if (this.#log.end === undefined) await this.#waitForEvents()
      }
      if (this.#mayLinger) await this.#wakeup.wait(this.#store.linger as number)
      if (this.#isOver) return
      try {
        if (!this.#isCreated && !(await this.#create())) {
          this.#finish()
          this.#listener.onFenced()
          return
        }
        const calledAt = performance.now()
        await this.#append()
        this.#succeeded(calledAt)
      } catch (error) {
        if (!this.#isOver) this.#onStoreError(error)
      }
    }
  }

  async #append(): Promise<void> {
    const { meta, last, end } = this.#log
    const from = this.#isShared ? last : this.#stored
    const events = this.#log.after(from, MAX_EVENTS_PER_CALL)
    const to = from + events.length
    const frame = to === last && end?.frame !== undefined ? markedFrame(end.frame, end.isStopped) : undefined
    // The store may have fewer or more events than expected, if the answer to an earlier call was lost.
    const stored: unknown = await this.#store.append(meta.key, this.#producerId, from + 1, events, frame)
    if (!Number.isInteger(stored)) {
      throw new FST_SSE_STORE_UNAVAILABLE({
        cause: new TypeError(`append must give a number, not ${describe(stored)}`)
      })
    }
    this.#stored = stored as number
    if (this.#stored === to && frame !== undefined) this.#finish()
  }

  /** Waits for events to write. */
  async #waitForEvents(): Promise<void> {
    // A store that shares the memory of the log already has its events. Only followers on other nodes need a call.
    const isCallNeeded = !this.#isShared || this.#followers > 0
    if (isCallNeeded && this.#stored !== this.#log.last) return
    if (isCallNeeded) {
      this.#log.forget(this.#onChange)
      this.#log.wait(this.#onChange)
    }
    await this.#wakeup.wait()
  }

  /** Whether pending events can be held back for `linger`, since no other node waits for them. */
  get #mayLinger(): boolean {
    return this.#store.linger !== undefined && this.#isCreated && this.#followers === 0 && this.#log.end === undefined
  }

  #scheduleRenewal(): void {
    if (Number.isFinite(this.#store.lease)) this.#deadlines.set(this.#renewal, Math.ceil(this.#store.lease / 3))
  }

  #succeeded(calledAt: number): void {
    if (this.#failures.isRecreating) this.#rememberUntil = performance.now() + this.#store.lease
    this.#failures.succeeded(calledAt)
  }

  /** Does what helps against a failure, and logs the first one of a stream. */
  #onStoreError(error: unknown): void {
    const isFenced = error instanceof FST_SSE_PRODUCER_FENCED
    // Of two calls that are made at the same time, the first to fail decides.
    if (isFenced && this.#isFenced) return
    tellStoreFailure('write', error)
    const remedy = this.#failures.failed(error, this.#log.end !== undefined)
    this.#isFenced = remedy === 'recreate'
    if (this.#isFenced) this.#isCreated = false
    if (!this.#hasWarned && remedy !== 'end') {
      this.#hasWarned = true
      logError(this.#logger, 'warn', error, 'the event store failed: this stream cannot be resumed for now')
    }
    const isFinal = remedy === 'end' || remedy === 'give up' || !this.#mayRetry
    if (isFinal) this.#finish()
    else this.#wakeup.wake()
    if (remedy === 'end') this.#listener.onFenced()
    else if (isFinal || this.#failures.isCutOff) this.#cutOff()
    if (error instanceof FST_SSE_STORE_FULL) this.#listener.onStoreFull()
  }

  #cutOff(): void {
    this.#followers = 0
    this.#listener.onCutOff()
  }

  #finish(): void {
    this.#isOver = true
    this.#deadlines.clear(this.#renewal)
    this.#wakeup.wake()
    this.#whenOver?.()
  }
}
