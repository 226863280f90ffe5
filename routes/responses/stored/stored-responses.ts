import type { FastifyInstance, FastifyReply } from 'fastify'
import { findRecord, keepRecord, maxLogBytes, type RecordId, type ResponseObject } from '../../../plugin/toolkit.js'
import { isResponseId } from '../output.js'
import { dataOf } from './event-data.js'

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

  constructor(app: FastifyInstance) {
    this.#app = app
  }

  /** Stores a response. Resolves when all nodes can find it. */
  async store(reply: FastifyReply, owner: string | undefined, response: StoredResponse): Promise<void> {
    const { id } = response.response
    const json = JSON.stringify(response)
    const bytes = Buffer.byteLength(json) + FRAMING
    const maxBytes = maxLogBytes(this.#app)
    if (bytes > maxBytes) {
      reply.log.warn({ id, bytes, maxBytes }, 'the response is too large to be stored')
      return
    }
    await keepRecord(reply, storedId(id, owner), json)
  }

  /** Finds a response by its id. */
  async find(owner: string | undefined, id: string): Promise<StoredResponse | undefined> {
    if (!isResponseId(id)) return undefined
    const [event = '', isDeleted] = await Promise.all([
      findRecord(this.#app, storedId(id, owner)),
      this.isDeleted(owner, id)
    ])
    const [data] = dataOf(event)
    return data === undefined || isDeleted ? undefined : (JSON.parse(data) as StoredResponse)
  }

  /** Has a response found no more. What the event store keeps of it leaves with its time. */
  async delete(reply: FastifyReply, owner: string | undefined, id: string): Promise<void> {
    await keepRecord(reply, deletedId(id, owner), id)
  }

  /** Whether a response was deleted. */
  async isDeleted(owner: string | undefined, id: string): Promise<boolean> {
    return (await findRecord(this.#app, deletedId(id, owner))) !== undefined
  }
}

function storedId(responseId: string, owner: string | undefined): RecordId {
  return { id: `stored_${responseId}`, owner }
}

/** The record whose existence says that a response is deleted. */
function deletedId(responseId: string, owner: string | undefined): RecordId {
  return { id: `deleted_${responseId}`, owner }
}
