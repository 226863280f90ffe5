import type { FastifyReply } from 'fastify'
import type { BuiltInProtocol } from '../framing/protocols/protocol.js'

/** What was asked of a reply. */
export interface Asked {
  protocol: BuiltInProtocol | undefined
  /** The stream, once it is sent. */
  stream: { replaceBy(error: Error): void } | undefined
}

/** Where a reply keeps it. A WeakMap cost the garbage collector 30 us for each stream. */
export const ASKED = Symbol('fastify-sse-from.asked')

type AskedReply = FastifyReply & { [ASKED]?: Asked | null }

/** Remembers that a stream was asked of a reply, so that an error in its place has nothing of it. */
export function ask(reply: AskedReply, protocol?: BuiltInProtocol): Asked {
  const asked = { protocol, stream: undefined }
  reply[ASKED] = asked
  return asked
}

/** What was asked of a reply; `undefined` if no stream was. */
export function askedOf(reply: AskedReply): Asked | undefined {
  return reply[ASKED] ?? undefined
}
