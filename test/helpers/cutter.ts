import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

/** A network that loses its connections. */
export interface Cutter {
  port: number
  /** How many it has cut. */
  cuts: number
}

/** How much of what the server has sent so far on a connection reaches the client: bytes, after which the connection is lost. */
export type Cut = (sent: Buffer) => number

const END_OF_HEAD = '\r\n\r\n'
/** In a head, and between chunks, lines end otherwise. */
const END_OF_EVENT = '\n\n'

export function afterBytes(count: number): Cut {
  return () => count
}

/** The head of the response arrives, and so many bytes of its body. */
export function afterHead(count: number): Cut {
  return sent => {
    const end = sent.indexOf(END_OF_HEAD)
    return end === -1 ? Number.POSITIVE_INFINITY : end + END_OF_HEAD.length + count
  }
}

export function afterEvent(): Cut {
  return sent => {
    const end = sent.indexOf(END_OF_EVENT)
    return end === -1 ? Number.POSITIVE_INFINITY : end + END_OF_EVENT.length
  }
}

/** @param nextCut asked for each connection anew */
export async function cutter(t: Test, target: number, nextCut: () => Cut): Promise<Cutter> {
  const sockets = new Set<Socket>()
  const listener = createServer(client => {
    const server = connect(target, '127.0.0.1')
    const cut = nextCut()
    let sent = Buffer.alloc(0)
    let isCut = false
    for (const [from, to] of [
      [client, server],
      [server, client]
    ] as const) {
      sockets.add(from)
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
    client.on('data', data => server.write(data))
    server.on('data', data => {
      if (isCut) return
      const before = sent.length
      sent = Buffer.concat([sent, data])
      const limit = cut(sent)
      client.write(data.subarray(0, Math.max(0, limit - before)))
      if (sent.length < limit) return
      isCut = true
      self.cuts++
      server.destroy()
      // What was let through still arrives.
      client.destroySoon()
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const self = { port: (listener.address() as AddressInfo).port, cuts: 0 }
  t.teardown(() => {
    listener.close()
    for (const socket of sockets) socket.destroy()
  })
  return self
}
