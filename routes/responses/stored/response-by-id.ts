import type { FastifyInstance, FastifyReply } from 'fastify'
import {
  answerOwner,
  type OwnerOptions,
  ownedBy,
  ResponseBuilder,
  type ResponseObject,
  responses,
  sendJson
} from '../../../plugin/toolkit.js'
import { Fields } from '../../contract/fields.js'
import { FST_SSE_NOT_CANCELLABLE, FST_SSE_RESPONSE_NOT_FOUND } from '../../errors.js'
import type { ResponsesSchemas } from '../schemas.js'
import { type BackgroundResponse, BackgroundResponses, isRunning } from './background-responses.js'
import { inputItemsPage } from './input-items.js'
import type { RunningResponses } from './running-responses.js'
import type { StoredResponses } from './stored-responses.js'

interface ById {
  Params: { id: string }
}

/** Adds the routes that ask for a response by its id. */
export function addResponseById(
  app: FastifyInstance,
  settings: object,
  schemas: ResponsesSchemas,
  { stored, running }: { stored: StoredResponses; running: RunningResponses },
  whose: OwnerOptions
): void {
  const background = new BackgroundResponses(app)

  app.get<ById>('/v1/responses/:id', { ...settings, schema: schemas.get }, (request, reply) => {
    const { id } = request.params
    const query = new Fields(request.query, '')
    const isStream = query.any('stream') === 'true'
    const startingAfter = readNumber(query, 'starting_after')
    return answerOwner(reply, whose, async owner => {
      if (isStream) return follow(owner, id, reply, startingAfter)
      return sendJson(reply, await find(owner, id))
    })
  })

  app.post<ById>('/v1/responses/:id/cancel', { ...settings, schema: schemas.cancel }, (request, reply) =>
    answerOwner(reply, whose, async owner => {
      const { id } = request.params
      const response = await find(owner, id)
      if (response.status === 'cancelled') return sendJson(reply, response)
      if (!isRunning(response)) throw new FST_SSE_NOT_CANCELLABLE(`a response that is ${response.status}`)
      if (!response.background) throw new FST_SSE_NOT_CANCELLABLE('a response that does not run in the background')
      await background.cancel(owner, id)
      // Another node may need a moment.
      const now = await find(owner, id)
      return sendJson(reply, isRunning(now) ? { ...now, status: 'cancelled' } : now)
    })
  )

  app.delete<ById>('/v1/responses/:id', { ...settings, schema: schemas.delete }, (request, reply) =>
    answerOwner(reply, whose, async owner => {
      const { id } = request.params
      const response = await find(owner, id)
      if (isRunning(response) && response.background) await background.cancel(owner, id)
      await stored.delete(reply, owner, id)
      return sendJson(reply, { id, object: 'response', deleted: true })
    })
  )

  app.get<ById>('/v1/responses/:id/input_items', { ...settings, schema: schemas.inputItems }, (request, reply) =>
    answerOwner(reply, whose, async owner => {
      const { id } = request.params
      const found = await stored.find(owner, id)
      if (found === undefined) throw new FST_SSE_RESPONSE_NOT_FOUND(id)
      return sendJson(reply, inputItemsPage(found, new Fields(request.query, '')))
    })
  )

  async function find(owner: string | undefined, id: string): Promise<ResponseObject> {
    // In this order, since an answer that ends meanwhile is stored before it is over.
    const current = running.find(owner, id)
    const kept = await stored.find(owner, id)
    if (kept !== undefined) return kept.response
    const response = current ?? (await background.find(owner, id))?.response
    if (response === undefined || (await stored.isDeleted(owner, id))) throw new FST_SSE_RESPONSE_NOT_FOUND(id)
    return response
  }

  async function findBackground(owner: string | undefined, id: string): Promise<BackgroundResponse | undefined> {
    const found = await background.find(owner, id)
    return found === undefined || (await stored.isDeleted(owner, id)) ? undefined : found
  }

  async function follow(
    owner: string | undefined,
    id: string,
    reply: FastifyReply,
    startingAfter = -1
  ): Promise<FastifyReply> {
    const found = await findBackground(owner, id)
    if (found === undefined) throw new FST_SSE_RESPONSE_NOT_FOUND(id)
    if (hasAll(found, startingAfter))
      return reply.type('text/event-stream').header('cache-control', 'no-cache').send('')
    // Events that were sent together at the end are sent together again.
    const after = found.hasEnded ? Math.min(startingAfter + 1, found.eventCount - 1) : startingAfter + 1
    const protocol = responses(new ResponseBuilder(found.response, found.lastSequence + 1))
    return reply.sseResume(id, { ...ownedBy(owner, whose), protocol, after })
  }
}

function hasAll({ hasEnded, lastSequence }: BackgroundResponse, startingAfter: number): boolean {
  return hasEnded && startingAfter >= lastSequence
}

/** @throws FST_SSE_INPUT_INVALID */
export function readNumber(query: Fields, name: string): number | undefined {
  const text = query.any(name)
  if (text === undefined) return undefined
  if (typeof text === 'string' && /^\d{1,9}$/.test(text)) return Number(text)
  throw query.invalid(name, 'takes a whole number, 0 or more')
}
