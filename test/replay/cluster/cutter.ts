import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

/** A network that loses its connections: each after so many bytes from the server. */
export interface Cutter {
  port: number
  /** How many it has cut. */
  cuts: number
}

/** @param bytes how many a connection lasts, asked for each anew */
export async function cutter(t: Test, target: number, bytes: () => number): Promise<Cutter> {
  const sockets = new Set<Socket>()
  const listener = createServer(client => {
    const server = connect(target, '127.0.0.1')
    let left = bytes()
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
      if (left <= 0) return
      client.write(data.subarray(0, left))
      left -= data.length
      if (left > 0) return
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
