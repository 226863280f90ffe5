import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { memorySockets } from './memory-socket.js'
import { breakOffAfterClose, type ClosingServer } from './owed-answers.js'

/** A Fastify instance, whatever its servers, its logger and its type provider. */
export interface InjectableApp {
  ready(): PromiseLike<unknown>
  readonly server: ClosingServer & { emit(event: string, socket: Duplex): boolean }
  readonly initialConfig: { readonly http2?: boolean | undefined; readonly https?: unknown }
}

/**
 * Connects to an app that need not listen. There is no TLS: an app that asks for it gets a connection that looks as if
 * it had been decrypted.
 *
 * @param remoteAddress the address that the app sees
 * @returns the end of the client
 */
export async function connectTo(app: InjectableApp, remoteAddress: string): Promise<Duplex> {
  const { http2, https } = app.initialConfig
  const { client, server } = http2 ? await loopbackSockets() : memorySockets()
  const ofTls = https ? { encrypted: true, alpnProtocol: http2 ? 'h2' : 'http/1.1' } : {}
  for (const [name, value] of Object.entries({ remoteAddress, ...ofTls }))
    Object.defineProperty(server, name, { value })
  // The request reports what goes wrong.
  client.on('error', () => {})
  breakOffAfterClose(app.server, client)
  app.server.emit(https ? 'secureConnection' : 'connection', server)
  return client
}

/** HTTP/2 needs the sockets of a network: over any other, Node 20 can abort the process. */
async function loopbackSockets(): Promise<{ client: Duplex; server: Duplex }> {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const accepted: Promise<Socket[]> = once(listener, 'connection')
  const client = connect((listener.address() as { port: number }).port, '127.0.0.1')
  const [server] = (await accepted) as [Socket]
  listener.close()
  return { client, server }
}
