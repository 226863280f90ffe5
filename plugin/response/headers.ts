import type { FastifyReply } from 'fastify'
import type { BuiltInProtocol } from '../framing/protocols/protocol.js'

/** What every stream says of itself (W1). What the handler has set already stays. */
const HEAD = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no'
}

/** The header that names a resumable stream. */
const STREAM_ID_HEADER = 'x-stream-id'

/** Sets the head of a stream. @param id of a resumable stream */
export function setHeaders(reply: FastifyReply, protocol: BuiltInProtocol, id?: string): void {
  if (protocol.headers !== undefined) setMissing(reply, protocol.headers)
  setMissing(reply, HEAD)
  if (id !== undefined) reply.header(STREAM_ID_HEADER, id)
}

/** Takes back what the head of an error must not say. Fastify has brought it to the response already. */
export function unsetHeaders(reply: FastifyReply, protocol: BuiltInProtocol): void {
  const names = [STREAM_ID_HEADER, ...Object.keys(protocol.headers ?? {})]
  for (const name of names) reply.removeHeader(name)
  if (reply.raw.headersSent) return
  for (const name of ['content-type', ...names]) reply.raw.removeHeader(name)
}

function setMissing(reply: FastifyReply, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!reply.hasHeader(name)) reply.header(name, value)
  }
}
