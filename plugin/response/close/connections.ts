import type { EventEmitter } from 'node:events'
import { type IncomingMessage, Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket, Server as TlsServer } from 'node:tls'
import { type SetItem, UnorderedSet } from '../../util/collections/unordered-set.js'

const kConnection = Symbol('fastify-sse-from.connection')

interface Connection extends SetItem {
  readonly socket: Socket
  /** The number of responses that are not over. With pipelining (RFC 9112, section 9.3.2), several can wait. */
  responses: number
  /** The bytes read when the last response was over. If there are more, a request is on its way. */
  bytesRead: number
}

/** Node puts a parser on each connection, and takes it away when another protocol takes over, such as WebSocket. */
type HttpSocket = Socket & { readonly parser?: unknown; [kConnection]?: Connection | undefined }

/** A listener for the requests of a server. */
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void

/** The connections of a server, which are closed in two steps (V2). */
export interface Connections {
  /** The listener that sees each request first. */
  readonly onRequest: RequestListener
  /** Whether a response is the only one that its connection owes. */
  owesOnly(response: ServerResponse): boolean
  /** Closes those that are idle, and the others as soon as they are. */
  drain(): void
  /** Closes those that owe nobody a response. */
  end(): void
}

/**
 * Tracks the HTTP/1.1 connections of a server, to close those that are idle as soon as the server drains (V2).
 *
 * `closeIdleConnections` would not do. It destroys connections whose answer has ended but has not been sent. Before
 * Node 26.4, it also keeps connections that have not had a request yet: browsers open such connections ahead, and
 * `fetch` opens one for each that it aborted.
 */
export function watchConnections(server: EventEmitter): Connections {
  const connections = new UnorderedSet<Connection>()
  let isDraining = false
  const event = connectionEvent(server)
  if (event !== undefined) {
    server.on(event, watch)
    server.prependListener('request', count)
  }
  return {
    onRequest: count,
    owesOnly: response => connectionOf(response)?.responses === 1,
    drain() {
      isDraining = true
      connections.visit(closeIdle)
    },
    end() {
      connections.visit(connection => {
        if (connection.responses === 0 && isHttp(connection.socket)) connection.socket.destroy()
      })
    }
  }

  function watch(socket: HttpSocket): void {
    // These have a session instead.
    if (socket instanceof TLSSocket && socket.alpnProtocol === 'h2') return
    const connection = { socket, responses: 0, bytesRead: socket.bytesRead }
    socket[kConnection] = connection
    connections.add(connection)
    socket.on('close', forget)
  }

  function forget(this: HttpSocket): void {
    connections.delete(this[kConnection] as Connection)
  }

  function count(_request: IncomingMessage, response: ServerResponse): void {
    const connection = connectionOf(response)
    if (connection === undefined) return
    connection.responses++
    // Others add listeners up to Node's limit.
    response.setMaxListeners(response.getMaxListeners() + 1)
    response.on('close', uncount)
  }

  function uncount(this: ServerResponse): void {
    const connection = connectionOf(this) as Connection
    connection.responses--
    connection.bytesRead = connection.socket.bytesRead
    if (isDraining) closeIdle(connection)
  }
}

/** `undefined` for HTTP/2. */
function connectionOf({ req }: ServerResponse): Connection | undefined {
  return req.httpVersionMajor < 2 ? (req.socket as HttpSocket)[kConnection] : undefined
}

function closeIdle({ socket, responses, bytesRead }: Connection): void {
  if (responses === 0 && bytesRead === socket.bytesRead && isHttp(socket)) socket.destroySoon()
}

function isHttp(socket: HttpSocket): boolean {
  return socket.parser !== null
}

/** The event that a server emits with each HTTP/1.1 connection; `undefined` for HTTP/2 without TLS. */
function connectionEvent(server: EventEmitter): string | undefined {
  if (server instanceof Server) return 'connection'
  return server instanceof TlsServer ? 'secureConnection' : undefined
}
