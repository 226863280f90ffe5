import type { FastifyReply } from 'fastify'
import type { BuiltInProtocol } from '../framing/protocols/protocol.js'

/** The headers of every stream (W1). Those that the handler has set stay. */
const HEAD = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no'
}

/** The header that names a resumable stream. */
const STREAM_ID_HEADER = 'x-stream-id'

/** Sets the headers of a stream. @param id the id of a resumable stream */
export function setHeaders(reply: FastifyReply, protocol: BuiltInProtocol, id?: string): void {
  if (protocol.headers !== undefined) setMissing(reply, protocol.headers)
  setMissing(reply, HEAD)
  if (id !== undefined) reply.header(STREAM_ID_HEADER, id)
}

/** Removes the headers that an error response must not have. Fastify may already have copied them to the response. */
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
