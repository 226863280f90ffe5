import type { IncomingMessage } from 'node:http'
import { reconnectDelay } from '../../util/timing/reconnect-delay.js'

/**
 * Whether a request comes from an EventSource, or from something like it: from a client that gives up at a 503, and
 * that comes back after an event stream that ends (WHATWG HTML, section 9.2.3). Others repeat a request after a 503.
 */
export function isEventSource({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
  return method === 'GET' && /(^|[,\s])text\/event-stream\b/i.test(headers.accept ?? '')
}

/** The `retry-after` of a 503 to a client that should come back: seconds (RFC 9110, section 10.2.3). */
export function retryAfter(): string {
  return String(Math.ceil(reconnectDelay() / 1000))
}
