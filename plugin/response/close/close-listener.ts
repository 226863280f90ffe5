import type { EventEmitter } from 'node:events'
import { Server } from 'node:net'

/**
 * Accepts no more connections. Unlike `server.close()`, this keeps the timeouts of Node for the connections that are
 * open. Fastify closes the rest later.
 */
export function closeListener(server: EventEmitter): void {
  if (server instanceof Server && server.listening) Server.prototype.close.call(server)
}
