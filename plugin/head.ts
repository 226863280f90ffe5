import type { FastifyReply } from 'fastify'

/** What every stream says of itself (W1). What the handler has set already stays. */
const HEAD = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no'
}

/** The header that names a resumable stream. */
const STREAM_ID = 'x-stream-id'

/** Sets the head of a stream. @param id of a resumable stream */
export function setHead(reply: FastifyReply, id?: string): void {
  for (const [name, value] of Object.entries(HEAD)) {
    if (!reply.hasHeader(name)) reply.header(name, value)
  }
  if (id !== undefined) reply.header(STREAM_ID, id)
}

/** Takes back what the head of an error must not say. Fastify has brought it to the response already. */
export function unsetHead(reply: FastifyReply): void {
  reply.removeHeader(STREAM_ID)
  if (reply.raw.headersSent) return
  reply.raw.removeHeader('content-type')
  reply.raw.removeHeader(STREAM_ID)
}
