import { randomUUID } from 'node:crypto'
import { FST_SSE_STREAM_GONE, FST_SSE_STREAM_NOT_FOUND } from '../errors.js'
import type { Streams } from '../response/open-streams.js'
import type { EventStore } from '../stores/event-store.js'
import { Registry } from '../util/id-map.js'
import type { EventLog } from './live-log.js'
import type { Generation, Workshop } from './producer.js'
import { Mirror } from './remote-log.js'

/**
 * By what right somebody asks for a stream: as its owner; as one who knows its id, where owners are not told apart
 * (`'open'`); or as the server itself (`'trusted'`).
 */
export type Claim = { readonly owner: string | undefined } | 'open' | 'trusted'

/** The resumable streams of one node: those that it produces, and those that its clients follow. */
export class Replay implements Workshop {
  readonly store: EventStore
  readonly streams: Streams
  readonly generations = new Registry<Generation>()
  readonly #node = randomUUID()
  #producers = 0
  readonly #mirrors = new Registry<Mirror>()
  readonly #unsubscribe: () => void

  constructor(store: EventStore, streams: Streams) {
    this.store = store
    this.streams = streams
    this.#unsubscribe = store.subscribe(id => this.#ring(id))
  }

  newProducer(): string {
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
  async find<T>(id: string, claim: Claim, visit: (log: EventLog) => T): Promise<T> {
    const visitOwn = (log: EventLog) => {
      if (!isOwn(log.about.owner, claim)) throw new FST_SSE_STREAM_GONE()
      return visit(log)
    }
    try {
      const generation = this.generations.get(id)
      return generation === undefined ? await this.#mirror(id).visit(visitOwn) : visitOwn(generation.log)
    } catch (error) {
      throw error instanceof FST_SSE_STREAM_GONE && typeof claim === 'object' ? new FST_SSE_STREAM_NOT_FOUND() : error
    }
  }

  /** Stops a stream, wherever it is produced. @returns `false` where there is none */
  async stop(id: string, claim: Claim): Promise<boolean> {
    const generation = this.generations.get(id)
    if (generation !== undefined) {
      if (!isOwn(generation.log.about.owner, claim)) return false
      generation.stop()
      return true
    }
    const page = await this.store.read(id, Number.MAX_SAFE_INTEGER)
    if (page === undefined || !isOwn(page.owner, claim)) return false
    return page.end !== undefined || this.store.stop(id)
  }

  #mirror(id: string): Mirror {
    let mirror = this.#mirrors.get(id)
    if (mirror === undefined) {
      mirror = new Mirror(id, this.store, this.streams.deadlines, closed => {
        if (this.#mirrors.get(id) === closed) this.#mirrors.delete(id)
      })
      this.#mirrors.set(id, mirror)
    }
    return mirror
  }

  #ring(id: string | undefined): void {
    for (const rung of [this.generations, this.#mirrors]) {
      if (id !== undefined) rung.get(id)?.ring()
      else for (const each of rung.values()) each.ring()
    }
  }
}

function isOwn(owner: string | undefined, claim: Claim): boolean {
  return claim === 'trusted' || owner === (claim === 'open' ? undefined : claim.owner)
}
