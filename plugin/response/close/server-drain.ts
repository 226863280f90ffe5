import type { EventEmitter } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { furtherServers, refusesLateRequests } from '../fastify-internals.js'
import { closeListener } from './close-listener.js'
import { type Connections, watchConnections } from './connections.js'
import { watchSessions } from './http2-sessions.js'
import { answerLateRequests } from './late-requests.js'

/** Closes what an app listens with, in two steps (V2). */
export interface ServerDrain {
  /** Refuses connections, and closes those that are idle. Resolves when that is done. */
  begin(): Promise<void>
  /** Closes what would keep the server from closing. Called when no stream is open any more. */
  end(): void
}

interface WatchedServer {
  readonly server: EventEmitter
  readonly connections: Connections
  readonly drainSessions: () => void
  /** Whether requests that arrive late are answered instead of refused. */
  answersLate: boolean
}

/** What is watched of each server. Registrations of the plugin share it: an app can have many of them. */
const watchedServers = new WeakMap<EventEmitter, WatchedServer>()

/** Follows the connections of an app, from its start. */
export function watchServers(app: FastifyInstance): ServerDrain {
  const watched = [watch(app.server)]
  app.addHook('onListen', async () => {
    watched.push(...furtherServers(app).map(watch))
  })
  return {
    async begin() {
      for (const each of watched) {
        closeListener(each.server)
        each.drainSessions()
        if (!each.answersLate && refusesLateRequests(app)) {
          each.answersLate = true
          answerLateRequests(each.server, app.log, each.connections)
        }
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

function watch(server: EventEmitter): WatchedServer {
  let watched = watchedServers.get(server)
  if (watched === undefined) {
    const [connections, drainSessions] = [watchConnections(server), watchSessions(server)]
    watched = { server, connections, drainSessions, answersLate: false }
    watchedServers.set(server, watched)
  }
  return watched
}
