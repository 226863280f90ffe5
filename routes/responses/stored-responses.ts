import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Protocol } from '../../plugin/index.js'
import { keepRecord, maxLogBytes, type OwnerOptions, ownerOf, type ResponseObject } from '../../plugin/toolkit.js'
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

/** Stored responses are no events that clients could follow. */
const stored: Protocol<string> = {
  start: () => ({
    item: data => ({ data }),
    end: () => ({ data: {} }),
    error: data => ({ event: 'error', data })
  })
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
    await keepRecord(reply, { id: storedIdOf(id), whose: this.#whose, protocol: stored, data: json })
  }

  /** Finds a response by its id. */
  async find(request: FastifyRequest, id: string): Promise<StoredResponse | undefined> {
    if (!isResponseId(id)) return undefined
    const owner = ownerOf(request, this.#whose)
    const [state, isDeleted] = await Promise.all([
      this.#app.sseStreams.read(storedIdOf(id), { owner }),
      this.isDeleted(request, id)
    ])
    const [data] = dataOf(state?.events[0] ?? '')
    return data === undefined || isDeleted ? undefined : (JSON.parse(data) as StoredResponse)
  }

  /** Has a response found no more. What the event store keeps of it leaves with its time. */
  async delete(reply: FastifyReply, id: string): Promise<void> {
    await keepRecord(reply, { id: deletedIdOf(id), whose: this.#whose, protocol: stored })
  }

  /** Whether a response was deleted. */
  async isDeleted(request: FastifyRequest, id: string): Promise<boolean> {
    const owner = ownerOf(request, this.#whose)
    return (await this.#app.sseStreams.read(deletedIdOf(id), { owner })) !== undefined
  }
}

function storedIdOf(responseId: string): string {
  return `stored_${responseId}`
}

/** The id of the stream whose existence says that a response is deleted. */
function deletedIdOf(responseId: string): string {
  return `deleted_${responseId}`
}
