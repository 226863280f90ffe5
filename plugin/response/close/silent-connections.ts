import type { EventEmitter } from 'node:events'
import { type IncomingMessage, Server } from 'node:http'
import { Server as TlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { type SetItem, UnorderedSet } from '../../util/unordered-set.js'

const kSilent = Symbol('fastify-sse-from.silent')

interface Silent extends SetItem {
  readonly socket: Socket
}

type Connection = Socket & { [kSilent]?: Silent | undefined }

/**
 * Tracks the HTTP/1.1 connections of a server that have not had a request yet. Browsers open such connections ahead,
 * and `fetch` opens one for each that it aborted. Before Node 26.4 a server that closes waits for them until a timeout,
 * since `closeIdleConnections` closes only connections that have had a request (V2).
 *
 * @returns a function that closes them
 */
export function watchSilentConnections(server: EventEmitter): () => void {
  const silent = new UnorderedSet<Silent>()
  const event = connectionEvent(server)
  if (event !== undefined) {
    server.on(event, (connection: Connection) => {
      const entry = { socket: connection }
      connection[kSilent] = entry
      connection.on('close', forget)
      silent.add(entry)
    })
    server.prependListener('request', ({ socket }: IncomingMessage) => forget.call(socket))
  }
  return () => silent.visit(({ socket }) => socket.destroy())

  function forget(this: Connection): void {
    const entry = this[kSilent]
    if (entry === undefined) return
    silent.delete(entry)
    this[kSilent] = undefined
    this.off('close', forget)
  }
}

/** The event that a server emits with each HTTP/1.1 connection; `undefined` for HTTP/2, which has sessions. */
function connectionEvent(server: EventEmitter): string | undefined {
  if (server instanceof Server) return 'connection'
  if (server instanceof TlsServer) return 'secureConnection'
  return undefined
}
