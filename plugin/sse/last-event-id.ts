/**
 * The id of a last event (E6), unless a resumable stream gives it one of its own.
 *
 * EventSource reconnects after every end of a response, even a clean one. With this `Last-Event-ID`, a client has the
 * whole answer: the server replies 204, which stops EventSource, and has to remember nothing.
 */
export const END_ID = 'fastify-sse-from:end'

/** The `Last-Event-ID` of a request. Clients send it as UTF-8 (WHATWG HTML, 9.2.4), and Node decodes it as Latin-1. */
export function lastEventIdOf(headers: { [name: string]: string | string[] | undefined }): string | undefined {
  const value = headers['last-event-id']
  return typeof value === 'string' && value !== '' ? Buffer.from(value, 'latin1').toString() : undefined
}
