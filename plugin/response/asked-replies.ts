import type { FastifyReply } from 'fastify'
import type { BuiltInProtocol } from '../framing/protocols/protocol.js'

/** What was asked of a reply. */
export interface Asked {
  protocol: BuiltInProtocol | undefined
  /** The stream, once it is sent. */
  stream: { replaceBy(error: Error): void } | undefined
}

const replies = new WeakMap<FastifyReply, Asked>()

/** Remembers that a stream was asked of a reply, so that an error in its place has nothing of it. */
export function ask(reply: FastifyReply, protocol?: BuiltInProtocol): Asked {
  const asked = { protocol, stream: undefined }
  replies.set(reply, asked)
  return asked
}

/** What was asked of a reply; `undefined` if no stream was. */
export function askedOf(reply: FastifyReply): Asked | undefined {
  return replies.get(reply)
}
