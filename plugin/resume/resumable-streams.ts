import { randomUUID } from 'node:crypto'
import { FST_SSE_STREAM_GONE, FST_SSE_STREAM_NOT_FOUND } from '../errors.js'
import type { OpenStreams } from '../response/open-streams.js'
import type { EventStore } from '../stores/event-store.js'
import { IdMap } from '../util/id-map.js'
import type { LiveLog } from './live-log.js'
import type { Producer, ProducerContext } from './producer.js'
import { RemoteLog } from './remote-log.js'

/**
 * By what right somebody asks for a stream: as its owner; as one who knows its id, where owners are not told apart
 * (`'open'`); or as the server itself (`'trusted'`).
 */
export type Access = { readonly owner: string | undefined } | 'open' | 'trusted'

/** The resumable streams of one node: those that it produces, and those that its clients follow. */
export class ResumableStreams implements ProducerContext {
  readonly store: EventStore
  readonly openStreams: OpenStreams
  readonly producers = new IdMap<Producer>()
  readonly #node = randomUUID()
  #producers = 0
  readonly #remoteLogs = new IdMap<RemoteLog>()
  readonly #unsubscribe: () => void

  constructor(store: EventStore, openStreams: OpenStreams) {
    this.store = store
    this.openStreams = openStreams
    this.#unsubscribe = store.subscribe(id => this.#notify(id))
  }

  newProducerId(): string {
    return `${this.#node}:${++this.#producers}`
  }

  close(): void {
    this.#unsubscribe()
  }

  /**
   * Finds the log of a stream, wherever it is produced.
   *
   * @param visit is given the log, and may join it
   * @throws FST_SSE_STREAM_GONE where it is not there, or FST_SSE_STREAM_NOT_FOUND where owners are told apart. The same
   *   where it is another owner's: nobody may learn that it is there. FST_SSE_STORE_UNAVAILABLE. What the visitor throws
   */
  async find<T>(id: string, access: Access, visit: (log: LiveLog) => T): Promise<T> {
    const visitOwn = (log: LiveLog) => {
      if (!isOwn(log.meta.owner, access)) throw new FST_SSE_STREAM_GONE()
      return visit(log)
    }
    try {
      const producer = this.producers.get(id)
      return producer === undefined ? await this.#remoteLog(id).visit(visitOwn) : visitOwn(producer.log)
    } catch (error) {
      throw error instanceof FST_SSE_STREAM_GONE && typeof access === 'object' ? new FST_SSE_STREAM_NOT_FOUND() : error
    }
  }

  /** Stops a stream, wherever it is produced. @returns `false` where there is none */
  async stop(id: string, access: Access): Promise<boolean> {
    const producer = this.producers.get(id)
    if (producer !== undefined) {
      if (!isOwn(producer.log.meta.owner, access)) return false
      producer.stop()
      return true
    }
    const page = await this.store.read(id, Number.MAX_SAFE_INTEGER)
    if (page === undefined || !isOwn(page.owner, access)) return false
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
    for (const notified of [this.producers, this.#remoteLogs]) {
      if (id !== undefined) notified.get(id)?.notify()
      else for (const each of notified.values()) each.notify()
    }
  }
}

function isOwn(owner: string | undefined, access: Access): boolean {
  return access === 'trusted' || owner === (access === 'open' ? undefined : access.owner)
}
