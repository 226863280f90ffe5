import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

/** A proxy that cuts its connections. */
export interface Cutter {
  port: number
  /** How many connections it has cut. */
  cuts: number
}

/** Decides, from the bytes that the server has sent on a connection, after how many of them to cut it. */
export type Cut = (sent: Buffer) => number

const END_OF_HEAD = '\r\n\r\n'
/** Lines of the head and of chunk sizes end with CRLF, so this is the end of an event. */
const END_OF_EVENT = '\n\n'

export function afterBytes(count: number): Cut {
  return () => count
}

/** Lets the head of the response pass, and some bytes of the body. */
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

/**
 * Starts a proxy in front of a port on this machine. It is closed after the test.
 *
 * @param nextCut called for each new connection
 */
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
      // The client still receives what was written.
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
