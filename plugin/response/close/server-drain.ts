import type { EventEmitter } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { closeListener } from './close-listener.js'
import { watchConnections } from './connections.js'
import { furtherServers, refusesLateRequests } from './fastify-internals.js'
import { watchSessions } from './http2-sessions.js'
import { answerLateRequests } from './late-requests.js'

/** Closes what an app listens with, in two steps (V2). */
export interface ServerDrain {
  /** Refuses connections, and closes those that are idle. Resolves when that is done. */
  begin(): Promise<void>
  /** Closes what would keep the server from closing. Called when no stream is open any more. */
  end(): void
}

/** Follows the connections of an app, from its start. */
export function watchServers(app: FastifyInstance): ServerDrain {
  const watched = [watch(app.server)]
  app.addHook('onListen', async () => {
    watched.push(...furtherServers(app).map(watch))
  })
  return {
    async begin() {
      for (const { server, connections, drainSessions } of watched) {
        closeListener(server)
        drainSessions()
        if (refusesLateRequests(app)) answerLateRequests(server, app.log, connections)
      }
      // A request that has arrived already is read first, since its client would not know whether it was seen.
      await turn()
      await turn()
      for (const { connections } of watched) connections.drain()
    },
    end() {
      for (const { connections } of watched) connections.end()
    }
  }
}

function watch(server: EventEmitter) {
  return { server, connections: watchConnections(server), drainSessions: watchSessions(server) }
}
