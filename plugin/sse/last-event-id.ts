import type { FastifyRequest } from 'fastify'
import { FST_SSE_ID_INVALID } from '../errors.js'

/**
 * The id of a last event (E6), unless a resumable stream gives it one of its own.
 *
 * EventSource reconnects after every end of a response, even a clean one. With this `Last-Event-ID`, a client has the
 * whole answer: the server replies 204, which stops EventSource, and has to remember nothing.
 */
export const END_ID = 'fastify-sse-from:end'

/** The property of requests that has the `Last-Event-ID`. */
export const kLastEventId = Symbol.for('fastify-sse-from.lastEventId')

/** What no id can have in it (WHATWG HTML, 9.2.6). */
const FORBIDDEN = /[\r\n\0]/

/**
 * The `Last-Event-ID` of a request, from its header or else from its query.
 *
 * @throws FST_SSE_ID_INVALID
 */
export function lastEventIdOf(request: FastifyRequest): string | undefined {
  return (request as FastifyRequest & { [kLastEventId]: string | undefined })[kLastEventId]
}

/**
 * Reads the `Last-Event-ID` of a request. Clients send the header as UTF-8 (WHATWG HTML, 9.2.4), which Node reads as
 * Latin-1. Polyfills of EventSource that may send no header have it in the query, where schemas of the app may drop it.
 *
 * @param parameter the name in the query, `false` for none
 * @throws FST_SSE_ID_INVALID
 */
export function readLastEventId({ headers, raw }: FastifyRequest, parameter: string | false): string | undefined {
  const header = headers['last-event-id']
  if (typeof header === 'string' && header !== '') return Buffer.from(header, 'latin1').toString()
  const [, query] = /\?(.*)/s.exec(raw.url as string) ?? []
  if (query === undefined || parameter === false) return undefined
  const id = new URLSearchParams(query).getAll(parameter).at(-1) || undefined
  if (id !== undefined && FORBIDDEN.test(id)) throw new FST_SSE_ID_INVALID('Last-Event-ID')
  return id
}
