import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Test } from 'tap'
import { certificate } from './certificate.js'
import { until } from './until.js'

/** A connection over HTTP/1.1, used by hand. */
export interface RawConnection {
  readonly socket: Socket
  /** What has arrived. */
  text(): string
  /** Whether the server has closed it. */
  isClosed(): boolean
  has(text: string): Promise<void>
  closed(): Promise<void>
}

export interface DialOptions {
  host?: string
  tls?: boolean
}

/** Opens a connection. It is closed after the test. */
export function dial(t: Test, port: number, { host = '127.0.0.1', tls = false }: DialOptions = {}): RawConnection {
  const socket = tls ? connectTls({ port, host, ca: certificate.cert }) : connect(port, host)
  t.teardown(() => socket.destroy())
  let text = ''
  let isClosed = false
  socket.on('data', chunk => {
    text += chunk
  })
  for (const event of ['end', 'close']) {
    socket.on(event, () => {
      isClosed = true
    })
  }
  socket.on('error', () => {})
  return {
    socket,
    text: () => text,
    isClosed: () => isClosed,
    has: part => until(`"${part}" in the response`, () => text.includes(part)),
    closed: () => until('the server closes the connection', () => isClosed)
  }
}

/**
 * A request that has begun: the server has received a part of its head.
 *
 * @param head its method and path
 * @returns a function that sends the rest, and resolves with the response when the server has closed the connection
 */
export async function beginRequest(t: Test, port: number, head: string, options?: DialOptions) {
  const connection = dial(t, port, options)
  // The response to the first request shows that the server has the connection, and the second has begun.
  connection.socket.write(`GET /missing HTTP/1.1\r\nhost: x\r\n\r\n`)
  await connection.has('404 Not Found')
  const before = connection.text().length
  connection.socket.write(`${head} HTTP/1.1\r\nhost: x\r\n`)
  return {
    connection,
    async finish(rest = '') {
      connection.socket.write(`${rest}\r\n`)
      await connection.closed()
      return connection.text().slice(before)
    }
  }
}
