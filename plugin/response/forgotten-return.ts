import type { FastifyReply } from 'fastify'

/**
 * Keeps the stream of an async handler that does not return it. Fastify takes the result of such a handler,
 * `undefined`, for an empty answer, and would send it in place of a stream that waits for its first event.
 */
export function guardReturn(reply: FastifyReply): void {
  const { statusCode } = reply
  const { send } = Object.getPrototypeOf(reply) as Pick<FastifyReply, 'send'>
  let isExpected = true
  const guarded = (payload?: unknown): FastifyReply => {
    if (payload instanceof Error) unguardReturn(reply)
    // Whoever sets a status means the answer to be empty.
    if (payload !== undefined || !isExpected || reply.statusCode !== statusCode) return send.call(reply, payload)
    isExpected = false
    const { method, routeOptions } = reply.request
    reply.log.warn(
      `the async handler of ${method} ${routeOptions.url} does not return its stream: ` +
        'return reply.sseFrom(...), or await it'
    )
    return reply
  }
  Object.defineProperty(reply, 'send', { value: guarded, configurable: true, writable: true })
}

/** Lets the reply be empty: what is sent in place of the stream may be. */
export function unguardReturn(reply: FastifyReply): void {
  delete (reply as Partial<FastifyReply>).send
}
