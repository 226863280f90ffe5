import type { FastifyReply } from 'fastify'
import type { BuiltInProtocol } from '../framing/protocols/protocol.js'

/** What was asked of a reply. */
export interface Asked {
  protocol: BuiltInProtocol | undefined
  /** The stream, once it is sent. Without an error, an answer of the app's takes its place. */
  stream: { replaceBy(error?: Error): void } | undefined
  /** What keeps the stream from being replaced by mistake; `undefined` until it is needed. */
  guard: ReturnGuard | undefined
}

/**
 * Keeps what the app sends beside a stream from replacing it. Fastify takes the result of an async handler that does
 * not return its stream, `undefined`, for an empty answer, and would send it in place of a stream that waits for its
 * first event, or in place of an error that hooks still work on.
 */
export interface ReturnGuard {
  /** What the reply had before. */
  readonly send: FastifyReply['send']
  /** The status that the stream was asked with. */
  statusCode: number
  /**
   * - `stream`: the plugin answers
   * - `error`: an error is answered in place of the stream
   * - `other`: the app answers something else
   * - `none`: there is no stream
   */
  answer: 'stream' | 'error' | 'other' | 'none'
  /** Whether the answer to an error is certain to come. */
  isAnswered: boolean
  /** Whether the async handler has ended. */
  hasReturned: boolean
}

/** Where a reply keeps it. A WeakMap cost the garbage collector 30 us for each stream. */
export const ASKED = Symbol('fastify-sse-from.asked')

type AskedReply = FastifyReply & { [ASKED]?: Asked | null }

/** Remembers that a stream was asked of a reply, so that an error in its place has nothing of it. */
export function ask(reply: AskedReply): Asked {
  const asked = { protocol: undefined, stream: undefined, guard: reply[ASKED]?.guard }
  reply[ASKED] = asked
  return asked
}

/** What was asked of a reply; `undefined` if no stream was. */
export function askedOf(reply: AskedReply): Asked | undefined {
  return reply[ASKED] ?? undefined
}
