/**
 * The id of a last event (E6).
 *
 * EventSource reconnects after any end of a response, a clean one too. A client that comes back with this as its
 * `Last-Event-ID` has had the whole answer, so it is told to stop (204) without anything to remember on the server.
 */
export const END_ID = 'fastify-sse-from:end'

/** The `Last-Event-ID` of a request. Clients send it as UTF-8 (WHATWG HTML, 9.2.4), which Node reads as Latin-1. */
export function lastEventIdOf(headers: { [name: string]: string | string[] | undefined }): string | undefined {
  const value = headers['last-event-id']
  return typeof value === 'string' && value !== '' ? Buffer.from(value, 'latin1').toString() : undefined
}
