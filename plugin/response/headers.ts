import type { FastifyReply } from 'fastify'
import type { BuiltInProtocol } from '../framing/protocols/protocol.js'
import { askedOf } from './asked-replies.js'
import type { RawResponse } from './raw-response.js'

/** The headers of every stream (W1). Those that the handler has set stay. */
const HEAD = {
  'content-type': 'text/event-stream',
  'x-accel-buffering': 'no',
  // RFC 10036: intermediaries pass on what has come, without waiting for the rest.
  incremental: '?1'
}

/** What nobody may take away: middleware that compresses holds back tokens, unless it may not transform them. */
const CACHE_CONTROL = ['no-cache', 'no-transform']
const ONLY_OURS = CACHE_CONTROL.join(', ')

/** The header that names a resumable stream. */
const STREAM_ID_HEADER = 'x-stream-id'

/**
 * What the headers of a stream say of its body (RFC 9110, section 8), which is not true of the body of an error.
 * Fastify itself removes only the type and the length.
 */
const OF_THE_BODY = [
  'accept-ranges',
  'content-digest',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'digest',
  'etag',
  'last-modified',
  'repr-digest'
]

/** Sets the headers of a stream. @param id the id of a resumable stream */
export function setHeaders(reply: FastifyReply, protocol: BuiltInProtocol, id?: string): void {
  if (protocol.headers !== undefined) setMissing(reply, protocol.headers)
  setMissing(reply, HEAD)
  reply.header('cache-control', addCacheControl(reply.getHeader('cache-control')))
  if (id !== undefined) reply.header(STREAM_ID_HEADER, id)
}

/** Adds what a hook has taken away after `setHeaders`. Called when Fastify has brought the head to the response. */
export function completeHeaders(raw: RawResponse): void {
  if (raw.headersSent) return
  raw.setHeader('cache-control', addCacheControl(raw.getHeader('cache-control')))
}

/** Directives in quotes are arguments of others (RFC 9111, section 5.2.2.4). */
function addCacheControl(value: number | string | readonly string[] = ''): string {
  if (value === '' || value === ONLY_OURS) return ONLY_OURS
  const own = [value].flat().join(', ')
  const names = own
    .replace(/"[^"]*"/g, '""')
    .toLowerCase()
    .split(',')
    .map(name => name.trim())
  return [own, ...CACHE_CONTROL.filter(name => !names.includes(name))].filter(Boolean).join(', ')
}

/**
 * Removes the headers of a stream from an error that is answered in its place, whatever has failed: the source, a hook
 * or the handler; or from a response without a body. Fastify may already have copied them to the response.
 */
export function unsetHeaders(reply: FastifyReply): void {
  const own = askedOf(reply)?.protocol?.headers ?? {}
  const names = [STREAM_ID_HEADER, 'incremental', ...OF_THE_BODY, ...Object.keys(own)]
  for (const name of names) reply.removeHeader(name)
}

/**
 * Removes the headers of a stream from an answer of the app's that takes its place. Those that the app has set for that
 * answer stay.
 */
export function removeStreamHeaders(reply: FastifyReply): void {
  const own = { ...HEAD, 'cache-control': ONLY_OURS, ...askedOf(reply)?.protocol?.headers }
  for (const [name, value] of Object.entries(own)) {
    if (reply.getHeader(name) === value) reply.removeHeader(name)
  }
  reply.removeHeader(STREAM_ID_HEADER)
}

function setMissing(reply: FastifyReply, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!reply.hasHeader(name)) reply.header(name, value)
  }
}
