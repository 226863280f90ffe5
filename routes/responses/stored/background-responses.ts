import type { FastifyInstance } from 'fastify'
import type { ResponseObject } from '../../../plugin/toolkit.js'
import { isResponseId } from '../output.js'
import { dataOf } from './event-data.js'

/** A response that runs without a client, or did so. */
export interface BackgroundResponse {
  /** The response as far as its events tell. */
  readonly response: ResponseObject
  readonly hasEnded: boolean
  /** The number of events in its log, those that were sent together at its end counted as one. */
  readonly eventCount: number
  /** The `sequence_number` of its last event so far. */
  readonly lastSequence: number
}

interface ResponseEvent {
  readonly sequence_number: number
  readonly response?: ResponseObject
}

/** Finds responses by the streams that they are. */
export class BackgroundResponses {
  readonly #app: FastifyInstance

  constructor(app: FastifyInstance) {
    this.#app = app
  }

  async find(owner: string | undefined, id: string): Promise<BackgroundResponse | undefined> {
    if (!isResponseId(id)) return undefined
    const state = await this.#app.sseStreams.read(id, { owner })
    if (state === undefined) return undefined
    const events = state.events.flatMap(dataOf).flatMap(toEvent)
    const response = events.findLast(event => event.response !== undefined)?.response
    if (response === undefined) return undefined
    const { hasEnded } = state
    return {
      response: hasEnded && isRunning(response) ? lost(response) : response,
      hasEnded,
      eventCount: state.events.length,
      lastSequence: events.at(-1)?.sequence_number as number
    }
  }

  /** Stops a response, on any node. */
  async cancel(owner: string | undefined, id: string): Promise<void> {
    await this.#app.sseStreams.stop(id, { owner })
  }
}

/**
 * The last data of a stream may be `[DONE]`, or the plugin's own error if the server that produced it is gone. Another
 * route may have given a stream of its own the id of a response.
 */
function toEvent(data: string): ResponseEvent[] {
  try {
    const event: unknown = JSON.parse(data)
    return isEvent(event) ? [event] : []
  } catch {
    return []
  }
}

function isEvent(value: unknown): value is ResponseEvent {
  const { sequence_number: number, response } = Object(value) as Partial<Record<keyof ResponseEvent, unknown>>
  return Number.isInteger(number) && (response === undefined || isResponse(response))
}

function isResponse(value: unknown): boolean {
  const { id, status, output } = Object(value) as Partial<Record<keyof ResponseObject, unknown>>
  return typeof id === 'string' && typeof status === 'string' && Array.isArray(output)
}

/** Whether a response has not ended. */
export function isRunning({ status }: ResponseObject): boolean {
  return status === 'queued' || status === 'in_progress'
}

function lost(response: ResponseObject): ResponseObject {
  return { ...response, status: 'failed', error: { code: 'server_error', message: 'Service Unavailable' } }
}
