import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  findRecord,
  keepRecord,
  maxLogBytes,
  type OwnerOptions,
  type RecordId,
  type ResponseObject
} from '../../plugin/toolkit.js'
import { dataOf } from './event-data.js'
import { isResponseId } from './output.js'

/** A response that has ended, and the conversation that it answers. */
export interface StoredResponse {
  /** The items of the conversation, those of earlier responses first. */
  readonly items: readonly unknown[]
  /** How many of the items, the last ones, were the input of this response. */
  readonly inputCount: number
  readonly response: ResponseObject
}

/** What an event has on the wire beside its data: `data: ` and two line breaks. Bytes. */
const FRAMING = 8

/**
 * Keeps responses that have ended where the event store keeps streams, and as long. Only its owner finds a response
 * (R3).
 */
export class StoredResponses {
  readonly #app: FastifyInstance
  readonly #whose: OwnerOptions

  constructor(app: FastifyInstance, whose: OwnerOptions) {
    this.#app = app
    this.#whose = whose
  }

  /** Stores a response. Resolves when all nodes can find it. */
  async store(reply: FastifyReply, response: StoredResponse): Promise<void> {
    const { id } = response.response
    const json = JSON.stringify(response)
    const bytes = Buffer.byteLength(json) + FRAMING
    const maxBytes = maxLogBytes(this.#app)
    if (bytes > maxBytes) {
      reply.log.warn({ id, bytes, maxBytes }, 'the response is too large to be stored')
      return
    }
    await keepRecord(reply, this.#stored(id), json)
  }

  /** Finds a response by its id. */
  async find(request: FastifyRequest, id: string): Promise<StoredResponse | undefined> {
    if (!isResponseId(id)) return undefined
    const [event = '', isDeleted] = await Promise.all([
      findRecord(request, this.#stored(id)),
      this.isDeleted(request, id)
    ])
    const [data] = dataOf(event)
    return data === undefined || isDeleted ? undefined : (JSON.parse(data) as StoredResponse)
  }

  /** Has a response found no more. What the event store keeps of it leaves with its time. */
  async delete(reply: FastifyReply, id: string): Promise<void> {
    await keepRecord(reply, this.#deleted(id), id)
  }

  /** Whether a response was deleted. */
  async isDeleted(request: FastifyRequest, id: string): Promise<boolean> {
    return (await findRecord(request, this.#deleted(id))) !== undefined
  }

  #stored(id: string): RecordId {
    return { id: `stored_${id}`, whose: this.#whose }
  }

  /** The record whose existence says that a response is deleted. */
  #deleted(id: string): RecordId {
    return { id: `deleted_${id}`, whose: this.#whose }
  }
}
