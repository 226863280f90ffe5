import type { FastifyBaseLogger } from 'fastify'
import {
  FST_SSE_OPTION_INVALID,
  FST_SSE_POSITION_GONE,
  FST_SSE_STREAM_GONE,
  FST_SSE_STREAM_NOT_FOUND
} from '../errors.js'
import type { OpenStreams } from '../response/open-streams.js'
import type { EventStore } from '../stores/event-store.js'
import { IdMap } from '../util/collections/id-map.js'
import { logError } from '../util/log.js'
import { ignoreRejection } from '../util/promise.js'
import type { LiveLog } from './log/live-log.js'
import { RemoteLog } from './log/remote-log.js'
import { lookAgain } from './look-again.js'
import type { Producer, ProducerContext } from './producer/producer.js'
import { hashOwner, streamKey } from './stream-key.js'

/** Which streams a request can reach: those of its owner, or those without one. */
export interface Access {
  /** The hash of the owner; `undefined` for streams without one. */
  readonly owner: string | undefined
  /** Whether requests have owners, so that a missing stream may be somebody else's. */
  readonly hasOwners: boolean
}

/** The events that a stream has so far. */
export interface StreamState {
  /** The text of each event as clients get it, without its id. */
  readonly events: readonly string[]
  /** Whether the stream has ended. If so, the last event is among the events, unless it was not asked for. */
  readonly hasEnded: boolean
}

/** The resumable streams of one node: the streams that it produces, and those that its clients follow. */
export class ResumableStreams implements ProducerContext {
  readonly store: EventStore
  readonly openStreams: OpenStreams
  readonly producers = new IdMap<Producer>()
  readonly #ownerKey: string | undefined
  /** The ids that are being claimed, by the keys of their streams. */
  readonly #claims = new IdMap<Promise<boolean>>()
  readonly #remoteLogs = new IdMap<RemoteLog>()
  readonly #unsubscribe: () => void

  /**
   * @param ownerKey the key of the hashes of owners; `undefined` for hashes without a key
   * @throws FST_SSE_OPTION_INVALID where the store gives no function that ends the subscription
   */
  constructor(store: EventStore, openStreams: OpenStreams, ownerKey: string | undefined) {
    this.#ownerKey = ownerKey
    this.store = store
    this.openStreams = openStreams
    this.#unsubscribe = store.subscribe(id => this.#notify(id))
    if (typeof this.#unsubscribe !== 'function') {
      ignoreRejection(this.#unsubscribe)
      throw new FST_SSE_OPTION_INVALID('store.subscribe', 'must return a function that ends the subscription')
    }
  }

  /** Unsubscribes from the event store. Never rejects. */
  async close(log: FastifyBaseLogger): Promise<void> {
    try {
      await this.#unsubscribe()
    } catch (error) {
      logError(log, 'warn', error, 'the event store could not end its subscription')
    }
  }

  /** @param owner of the request; `undefined` for none */
  accessOf(owner: string | undefined, hasOwners: boolean): Access {
    return { owner: owner === undefined ? undefined : hashOwner(owner, this.#ownerKey), hasOwners }
  }

  /**
   * Claims the id of a new stream. One source runs for all requests of this node, even while the store cannot be
   * reached.
   *
   * @returns `false` if the id is taken: `find` then finds the stream that has it
   */
  async claim(producer: Producer): Promise<boolean> {
    const { key } = producer.log.meta
    if (this.producers.get(key) !== undefined) return false
    const rival = this.#claims.get(key)
    if (rival !== undefined) {
      await rival
      return false
    }
    const claim = producer.claimId()
    this.#claims.set(key, claim)
    const isClaimed = await claim
    this.#claims.delete(key)
    return isClaimed
  }

  /**
   * Finds the log of a stream, whichever node produces it, and calls a function with it.
   *
   * @param generation the generation that the client has events of; `undefined` for whichever there is
   * @param callback may join the log
   * @returns the result of the function
   * @throws FST_SSE_STREAM_GONE if the owner has no such stream, or FST_SSE_STREAM_NOT_FOUND where streams have owners
   *   (R3). FST_SSE_POSITION_GONE if it has another generation, FST_SSE_STORE_UNAVAILABLE, and any error of the
   *   function.
   */
  async find<T>(
    id: string,
    generation: string | undefined,
    { owner, hasOwners }: Access,
    callback: (log: LiveLog) => T
  ): Promise<T> {
    const key = streamKey(id, owner)
    const checkAndCall = (log: LiveLog) => {
      // No client gets the stream of another owner, even if the store is wrong.
      if (log.meta.owner !== owner) throw new FST_SSE_STREAM_GONE()
      if (!isOf(generation, log)) throw new FST_SSE_POSITION_GONE()
      return callback(log)
    }
    try {
      const log = this.producers.get(key)?.log
      if (log !== undefined && isOf(generation, log)) return checkAndCall(log)
      const find = () => this.#remoteLog(id, key, generation).use(checkAndCall)
      // In a store of this process, no log of another node can come later.
      const isThereOrNever = generation === undefined || this.store.local !== undefined
      return await (isThereOrNever ? find() : lookAgain(find, this.openStreams.deadlines))
    } catch (error) {
      throw error instanceof FST_SSE_STREAM_GONE && hasOwners ? new FST_SSE_STREAM_NOT_FOUND() : error
    }
  }

  /**
   * Reads the events that a stream has so far, whichever node produces it. Waits for the first one.
   *
   * @param after the number of the last event that is not needed; 0 for none
   * @throws as `find` does, and FST_SSE_POSITION_GONE if the log no longer has the next event
   */
  async read(id: string, access: Access, after: number): Promise<StreamState> {
    const reader = { position: after }
    const log = await this.find(id, undefined, access, found => {
      found.join(reader)
      return found
    })
    try {
      // Readers may also be woken for nothing.
      while (log.last === 0 && log.end === undefined) await new Promise<void>(resolve => log.wait(resolve))
      const { first, last, end } = log
      if (end !== undefined && end.frame === undefined) throw end.error
      if (after < first - 1) throw new FST_SSE_POSITION_GONE()
      const events = after < last ? log.after(after, last - after) : []
      if (end !== undefined && end.frame !== '' && after <= last) events.push(end.frame)
      return { events, hasEnded: end !== undefined }
    } finally {
      log.leave(reader)
    }
  }

  /** The same; `undefined` if its owner has no such stream. */
  async readIfThere(id: string, access: Access, after: number): Promise<StreamState | undefined> {
    try {
      return await this.read(id, access, after)
    } catch (error) {
      if (error instanceof FST_SSE_STREAM_GONE || error instanceof FST_SSE_STREAM_NOT_FOUND) return undefined
      throw error
    }
  }

  /**
   * Stops a stream, whichever node produces it.
   *
   * @returns `false` if its owner has no such stream
   * @throws FST_SSE_STORE_UNAVAILABLE
   */
  async stop(id: string, { owner }: Access): Promise<boolean> {
    const key = streamKey(id, owner)
    const producer = this.producers.get(key)
    if (producer !== undefined) {
      producer.stop()
      return true
    }
    return this.store.stop(key)
  }

  #remoteLog(id: string, key: string, generation: string | undefined): RemoteLog {
    let remoteLog = this.#remoteLogs.get(key)
    // Clients can be slow to read a generation that has ended, while the store has another one by now.
    if (remoteLog === undefined || remoteLog.hasEnded || !isOf(generation, remoteLog.log)) {
      remoteLog = new RemoteLog(id, key, this.store, this.openStreams.deadlines, closed => {
        if (this.#remoteLogs.get(key) === closed) this.#remoteLogs.delete(key)
      })
      this.#remoteLogs.set(key, remoteLog)
    }
    return remoteLog
  }

  #notify(key: string | undefined): void {
    for (const streams of [this.producers, this.#remoteLogs]) {
      if (key !== undefined) streams.get(key)?.notify()
      else for (const stream of streams.values()) stream.notify()
    }
  }
}

/** Whether a log is of a generation, as far as both are known. */
function isOf(generation: string | undefined, log: LiveLog | undefined): boolean {
  return generation === undefined || log === undefined || log.meta.generation === generation
}
