import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { formatRetry } from '../../sse/event.js'
import { reconnectDelay } from '../../util/timing/reconnect-delay.js'
import { isEventSource, retryAfter } from './come-back.js'
import type { Connections, RequestListener } from './connections.js'

/** Methods whose requests a client, or a proxy, repeats by itself (RFC 9110, section 9.2.2). */
const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']

/**
 * Answers the requests that arrive at a server while it drains, over connections that are still open (V2). Fastify
 * answers all of them with a 503, before any hook or route, and EventSource gives up at that.
 *
 * - An EventSource is asked to reconnect.
 * - If the request may be repeated, its connection is closed without an answer: a proxy then asks the next server.
 * - Any other client gets the 503, and is told when to try again. Nothing was done for it yet.
 *
 * @param connections of the server: a connection that owes other responses is not closed
 */
export function answerLateRequests(server: EventEmitter, log: FastifyBaseLogger, connections: Connections): void {
  const { onRequest } = connections
  const listeners = server.listeners('request').filter(listener => listener !== onRequest) as RequestListener[]
  server.removeAllListeners('request')
  server.on('request', onRequest)
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (isEventSource(request)) {
      log.info('the server is closing: a client was asked to reconnect')
      askToReconnect(request, response)
    } else if (IDEMPOTENT.includes(request.method as string) && connections.owesOnly(response)) {
      log.info('the server is closing: a request was left to the next server')
      request.socket.destroy()
    } else {
      response.setHeader('retry-after', retryAfter())
      for (const listener of listeners) listener.call(server, request, response)
    }
  })
}

function askToReconnect({ headers: { origin }, httpVersionMajor }: IncomingMessage, response: ServerResponse): void {
  response.setHeader('content-type', 'text/event-stream')
  response.setHeader('cache-control', 'no-cache, no-transform')
  if (httpVersionMajor === 1) response.setHeader('connection', 'close')
  // Hooks that allow other origins do not run any more, and a page of another origin gives up without these. The
  // response tells it nothing.
  if (origin !== undefined) {
    response.setHeader('access-control-allow-origin', origin)
    response.setHeader('access-control-allow-credentials', 'true')
    response.setHeader('vary', 'origin')
  }
  response.end(formatRetry(reconnectDelay()))
}
