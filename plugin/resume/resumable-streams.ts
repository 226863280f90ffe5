import { randomUUID } from 'node:crypto'
import { FST_SSE_OPTION_INVALID, FST_SSE_STREAM_GONE, FST_SSE_STREAM_NOT_FOUND } from '../errors.js'
import type { OpenStreams } from '../response/open-streams.js'
import type { EventStore } from '../stores/event-store.js'
import { IdMap } from '../util/id-map.js'
import type { LiveLog } from './live-log.js'
import type { Producer, ProducerContext } from './producer.js'
import { RemoteLog } from './remote-log.js'

/**
 * The access of a caller to streams: as an owner; to streams without an owner (`'open'`); or to all streams
 * (`'trusted'`), which only the server itself has.
 */
export type Access = { readonly owner: string | undefined } | 'open' | 'trusted'

/** The resumable streams of one node: the streams that it produces, and those that its clients follow. */
export class ResumableStreams implements ProducerContext {
  readonly store: EventStore
  readonly openStreams: OpenStreams
  readonly producers = new IdMap<Producer>()
  readonly #nodeId = randomUUID()
  #producerCount = 0
  readonly #remoteLogs = new IdMap<RemoteLog>()
  readonly #unsubscribe: () => void

  /** @throws FST_SSE_OPTION_INVALID where the store gives no function that ends the subscription */
  constructor(store: EventStore, openStreams: OpenStreams) {
    this.store = store
    this.openStreams = openStreams
    this.#unsubscribe = store.subscribe(id => this.#notify(id))
    if (typeof this.#unsubscribe !== 'function') {
      throw new FST_SSE_OPTION_INVALID('store.subscribe', 'must return a function that ends the subscription')
    }
  }

  newProducerId(): string {
    return `${this.#nodeId}:${++this.#producerCount}`
  }

  /** Unsubscribes from the event store. */
  close(): void {
    this.#unsubscribe()
  }

  /**
   * Finds the log of a stream, whichever node produces it, and calls a function with it.
   *
   * @param callback may join the log
   * @returns the result of the function
   * @throws FST_SSE_STREAM_GONE if there is no such stream, or FST_SSE_STREAM_NOT_FOUND if the caller has an owner; the
   *   same if the stream belongs to another owner (R3). FST_SSE_STORE_UNAVAILABLE, and any error of the function.
   */
  async find<T>(id: string, access: Access, callback: (log: LiveLog) => T): Promise<T> {
    const checkAndCall = (log: LiveLog) => {
      if (!isAllowed(log.meta.owner, access)) throw new FST_SSE_STREAM_GONE()
      return callback(log)
    }
    try {
      const producer = this.producers.get(id)
      return producer === undefined ? await this.#remoteLog(id).use(checkAndCall) : checkAndCall(producer.log)
    } catch (error) {
      throw error instanceof FST_SSE_STREAM_GONE && typeof access === 'object' ? new FST_SSE_STREAM_NOT_FOUND() : error
    }
  }

  /**
   * Stops a stream, whichever node produces it.
   *
   * @returns `false` if there is no such stream for this caller
   * @throws FST_SSE_STORE_UNAVAILABLE
   */
  async stop(id: string, access: Access): Promise<boolean> {
    const producer = this.producers.get(id)
    if (producer !== undefined) {
      if (!isAllowed(producer.log.meta.owner, access)) return false
      producer.stop()
      return true
    }
    const page = await this.store.read(id, Number.MAX_SAFE_INTEGER)
    if (page === undefined || !isAllowed(page.owner, access)) return false
    return page.end !== undefined || this.store.stop(id)
  }

  #remoteLog(id: string): RemoteLog {
    let remoteLog = this.#remoteLogs.get(id)
    if (remoteLog === undefined) {
      remoteLog = new RemoteLog(id, this.store, this.openStreams.deadlines, closed => {
        if (this.#remoteLogs.get(id) === closed) this.#remoteLogs.delete(id)
      })
      this.#remoteLogs.set(id, remoteLog)
    }
    return remoteLog
  }

  #notify(id: string | undefined): void {
    for (const streams of [this.producers, this.#remoteLogs]) {
      if (id !== undefined) streams.get(id)?.notify()
      else for (const stream of streams.values()) stream.notify()
    }
  }
}

function isAllowed(owner: string | undefined, access: Access): boolean {
  return access === 'trusted' || owner === (access === 'open' ? undefined : access.owner)
}
