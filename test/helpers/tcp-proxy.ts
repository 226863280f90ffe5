import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

interface Line {
  readonly client: Socket
  readonly server: Socket
  isForgotten: boolean
}

/** A network between clients and a server on this machine. The test decides when it fails. */
export class TcpProxy {
  readonly port: number
  readonly #lines: Set<Line>
  readonly #blocked: Blocked

  constructor(port: number, lines: Set<Line>, blocked: Blocked) {
    this.port = port
    this.#lines = lines
    this.#blocked = blocked
  }

  /** Stops passing data on, silently: neither side notices that the other is unreachable. */
  cut(direction: 'to server' | 'to client' | 'both'): void {
    this.#blocked.toServer = direction !== 'to client'
    this.#blocked.toClient = direction !== 'to server'
    for (const line of this.#lines) apply(this.#blocked, line)
  }

  /** Passes all data on later: `ms` milliseconds in each direction. */
  delay(ms: number): void {
    this.#blocked.delay = ms
  }

  /** Passes data on again. What was sent in the meantime arrives late, as with TCP. */
  heal(): void {
    Object.assign(this.#blocked, { toServer: false, toClient: false })
    for (const line of this.#lines) apply(this.#blocked, line)
  }

  /** Drops the open connections silently, as a firewall does that has forgotten them. New connections work. */
  forget(): void {
    for (const line of this.#lines) {
      line.isForgotten = true
      line.client.pause()
      line.server.destroy()
    }
  }

  /** Resets all connections. Data in flight is lost. */
  reset(): void {
    for (const { client, server } of this.#lines) {
      // After `end`, a reset fails and leaves the handle open, so that Node never exits.
      if (client.writableEnded) client.destroy()
      else client.resetAndDestroy()
      server.destroy()
    }
  }
}

interface Blocked {
  toServer: boolean
  toClient: boolean
  delay: number
}

/** Puts a network in front of a port. It is closed after the test. */
export async function tcpProxy(t: Test, target: number): Promise<TcpProxy> {
  const lines = new Set<Line>()
  const blocked: Blocked = { toServer: false, toClient: false, delay: 0 }
  const listener = createServer({ noDelay: true }, client => {
    const server = connect({ port: target, host: '127.0.0.1', noDelay: true })
    const line = { client, server, isForgotten: false }
    lines.add(line)
    for (const [from, to] of [
      [client, server],
      [server, client]
    ] as const) {
      from.on('data', data => {
        if (blocked.delay === 0) to.write(data)
        else setTimeout(() => to.write(data), blocked.delay).unref()
      })
      from.on('error', () => {})
      from.on('close', () => {
        if (line.isForgotten && from === server) return
        lines.delete(line)
        to.destroy()
      })
    }
    apply(blocked, line)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const proxy = new TcpProxy((listener.address() as AddressInfo).port, lines, blocked)
  t.teardown(() => {
    listener.close()
    proxy.reset()
  })
  return proxy
}

function apply(blocked: Blocked, { client, server, isForgotten }: Line): void {
  if (blocked.toServer || isForgotten) client.pause()
  else client.resume()
  if (blocked.toClient) server.pause()
  else server.resume()
}
