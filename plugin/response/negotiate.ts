import accepts from 'accepts'
import type { FastifyReply } from 'fastify'
import { FST_SSE_NOT_ACCEPTABLE } from '../errors.js'

/** The media types of an answer: as events, and in one piece. */
export const EVENTS_TYPE = 'text/event-stream'
export const JSON_TYPE = 'application/json'

/** The type of a JSON body, as Fastify writes it. */
export const JSON_UTF_8 = 'application/json; charset=utf-8'

/**
 * Chooses the media type that a client prefers (RFC 9110, section 12.5.1). If there is more than one type, it adds
 * `accept` to the `vary` header.
 *
 * @param types the media types that the route can answer with, the default first
 * @throws FST_SSE_NOT_ACCEPTABLE if the client accepts none of them
 */
export function negotiate<const T extends string>(reply: FastifyReply, types: readonly T[]): T {
  if (types.length > 1) addVary(reply, 'accept')
  const accepted = accepts(reply.request.raw).type([...types])
  const type = types.find(type => type === accepted)
  if (type === undefined) throw new FST_SSE_NOT_ACCEPTABLE(types.join(' or '))
  return type
}

/** Says that a header of the request has chosen the answer (RFC 9110, section 12.5.5), beside those of other hooks. */
export function addVary(reply: FastifyReply, header: string): void {
  reply.header('vary', [reply.getHeader('vary'), header].flat().filter(Boolean).join(', '))
}
