import type { FastifyReply } from 'fastify'
import { type Asked, askedOf } from './asked-replies.js'
import { logStreamError } from './fastify-internals.js'
import { sendError } from './forgotten-return.js'

/** Does what Fastify does when a stream that it sends fails: it answers with the error, unless the head is sent. */
export function answerError(reply: FastifyReply, error: Error): void {
  const { raw, request } = reply
  if (raw.headersSent || request.raw.aborted) {
    logStreamError(reply, error)
    raw.destroy()
  } else {
    sendError(reply, askedOf(reply) as Asked, error)
  }
}
