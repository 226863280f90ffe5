import type { EventEmitter } from 'node:events'
import type { ServerHttp2Session } from 'node:http2'

/**
 * Keeps an eye on the HTTP/2 connections of a server. Their clients keep them open when all streams are over, and before
 * Node 24 a server that closes waits for that (V2).
 *
 * @returns a function that lets go of them: each closes when its last stream has ended (RFC 9113, section 6.8)
 */
export function watchSessions(server: EventEmitter): () => void {
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  return () => {
    for (const session of sessions) session.close()
  }
}
