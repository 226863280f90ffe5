import type { EventEmitter } from 'node:events'
import type { ServerHttp2Session } from 'node:http2'

/**
 * Tracks the HTTP/2 connections of a server. Clients keep them open after their last stream, and before Node 24 a
 * server that closes waits for them (V2).
 *
 * @returns a function that closes each connection as soon as its last stream has ended, and tells clients to send their
 *   next requests over another one (GOAWAY: RFC 9113, section 6.8). Connections that come later are closed too
 */
export function watchSessions(server: EventEmitter): () => void {
  const sessions = new Set<ServerHttp2Session>()
  let isDraining = false
  server.on('session', (session: ServerHttp2Session) => {
    if (isDraining) {
      session.close()
      return
    }
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  return () => {
    isDraining = true
    for (const session of sessions) session.close()
  }
}
