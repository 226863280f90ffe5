import type { FastifyReply } from 'fastify'
import type { BuiltInProtocol } from '../framing/protocols/protocol.js'

/** What was asked of a reply, and what the app may still send beside it. */
export interface Asked {
  protocol: BuiltInProtocol | undefined
  /** The stream, once it is sent. Without an error, an answer of the app's takes its place. */
  stream: { replaceBy(error?: Error): void } | undefined
  /** What the reply had before. */
  readonly before: { readonly send: FastifyReply['send']; readonly wait: FastifyReply['then'] }
  /**
   * Who answers:
   * - `app`: the app; there is no stream
   * - `stream`: the plugin
   * - `error`: an error handler, in place of the stream
   * - `other`: the app, in place of the stream
   */
  by: 'app' | 'stream' | 'error' | 'other'
  /** The status that the stream was asked with. */
  statusCode: number
  /** Whether an error has been answered. */
  isAnswered: boolean
  /**
   * What is known of the handler:
   * - `running`: it may yet return nothing, because it has forgotten its stream
   * - `over`: it has done that, or it returns or awaits the reply
   * - `unclear`: that, or an error handler has returned nothing
   */
  handler: 'running' | 'over' | 'unclear'
}

/** Where a reply keeps it. A WeakMap cost the garbage collector 30 us for each stream. */
export const ASKED = Symbol('fastify-sse-from.asked')

type AskedReply = FastifyReply & { [ASKED]?: Asked | null }

/** Remembers that a stream was asked of a reply, so that an error in its place has nothing of it. */
export function ask(reply: AskedReply): Asked {
  const earlier = askedOf(reply)
  const asked: Asked = {
    protocol: undefined,
    stream: undefined,
    before: earlier?.before ?? { send: reply.send, wait: reply.then },
    by: 'app',
    statusCode: reply.statusCode,
    isAnswered: false,
    handler: earlier?.handler ?? 'running'
  }
  reply[ASKED] = asked
  return asked
}

/** What was asked of a reply; `undefined` if no stream was. */
export function askedOf(reply: AskedReply): Asked | undefined {
  return reply[ASKED] ?? undefined
}
