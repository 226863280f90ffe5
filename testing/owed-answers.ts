import type { Duplex } from 'node:stream'

/** A server that tells when it has closed. */
export interface ClosingServer {
  once(event: 'close', listener: () => void): unknown
}

/**
 * How long an app may take to answer after it has closed. On a network, it would not be closed before. Milliseconds.
 */
const GRACE = 2000

const open = new WeakMap<ClosingServer, Set<Duplex>>()

/**
 * Breaks a connection off if its app has closed and does not answer: nobody waits for the handler any more, such as one
 * that has called `reply.hijack()`.
 *
 * @param client the end of the client
 */
export function breakOffAfterClose(server: ClosingServer, client: Duplex): void {
  const connections = open.get(server) ?? watch(server)
  connections.add(client)
  client.once('close', () => connections.delete(client))
}

/** One listener for all connections: a test may open more than an emitter takes listeners. */
function watch(server: ClosingServer): Set<Duplex> {
  const connections = new Set<Duplex>()
  open.set(server, connections)
  server.once('close', () => {
    open.delete(server)
    // The connections keep the process alive, and need no help of this.
    setTimeout(() => {
      for (const client of connections) client.destroy(broken())
    }, GRACE).unref()
  })
  return connections
}

function broken(): Error {
  const message = `the app was closed, and has not ended its answer within ${GRACE} ms`
  return Object.assign(new Error(message), { code: 'ECONNRESET' })
}
