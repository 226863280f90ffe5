import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

interface Line {
  readonly client: Socket
  readonly server: Socket
  isForgotten: boolean
}

/** A network between clients and a server on this machine, whose faults are made by the test. */
export class TcpProxy {
  readonly port: number
  readonly #lines: Set<Line>
  readonly #cut: Cut

  constructor(port: number, lines: Set<Line>, cut: Cut) {
    this.port = port
    this.#lines = lines
    this.#cut = cut
  }

  /** Lets nothing through any more, and tells nobody: neither side is told that the other is gone. */
  cut(direction: 'to server' | 'to client' | 'both'): void {
    this.#cut.toServer = direction !== 'to client'
    this.#cut.toClient = direction !== 'to server'
    for (const line of this.#lines) apply(this.#cut, line)
  }

  /** Lets all through again. What was sent meanwhile arrives late, as TCP has it. */
  heal(): void {
    Object.assign(this.#cut, { toServer: false, toClient: false })
    for (const line of this.#lines) apply(this.#cut, line)
  }

  /** Has the connections that there are die without a word, as a firewall does that has lost count of them. New ones work. */
  forget(): void {
    for (const line of this.#lines) {
      line.isForgotten = true
      line.client.pause()
      line.server.destroy()
    }
  }

  /** Ends all connections at once, and what is underway on them. */
  reset(): void {
    for (const { client, server } of this.#lines) {
      // Where its end is under way a reset fails and leaves the handle open, and Node never exits.
      if (client.writableEnded) client.destroy()
      else client.resetAndDestroy()
      server.destroy()
    }
  }
}

interface Cut {
  toServer: boolean
  toClient: boolean
}

/** Puts a network in front of a port. It is gone after the test. */
export async function tcpProxy(t: Test, target: number): Promise<TcpProxy> {
  const lines = new Set<Line>()
  const cut: Cut = { toServer: false, toClient: false }
  const listener = createServer({ noDelay: true }, client => {
    const server = connect({ port: target, host: '127.0.0.1', noDelay: true })
    const line = { client, server, isForgotten: false }
    lines.add(line)
    for (const [from, to] of [
      [client, server],
      [server, client]
    ] as const) {
      from.on('data', data => to.write(data))
      from.on('error', () => {})
      from.on('close', () => {
        if (line.isForgotten && from === server) return
        lines.delete(line)
        to.destroy()
      })
    }
    apply(cut, line)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const proxy = new TcpProxy((listener.address() as AddressInfo).port, lines, cut)
  t.teardown(() => {
    listener.close()
    proxy.reset()
  })
  return proxy
}

function apply(cut: Cut, { client, server, isForgotten }: Line): void {
  if (cut.toServer || isForgotten) client.pause()
  else client.resume()
  if (cut.toClient) server.pause()
  else server.resume()
}
