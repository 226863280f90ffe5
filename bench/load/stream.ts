import { connect, type Socket } from 'node:net'
import { TokenReader } from './token-reader.js'

/** A client of one stream. */
export interface StreamClient {
  readonly id: string
  readonly reader: TokenReader
  leave(): void
}

/** Opens a stream. */
export type OpenStream = (id: string, onToken: (token: string) => void) => StreamClient

export function withId(path: string, id: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}id=${id}`
}

/** A stream over HTTP/1.1, on a connection of its own. */
export class H1Stream implements StreamClient {
  readonly id: string
  readonly reader: TokenReader
  readonly #socket: Socket
  #leaving = false

  constructor(port: number, path: string, id: string, onToken: (token: string) => void, localAddress?: string) {
    this.id = id
    this.reader = new TokenReader(onToken)
    this.#socket = connect({ port, host: '127.0.0.1', ...(localAddress && { localAddress }) })
    this.#socket.setEncoding('latin1')
    this.#socket.once('connect', () =>
      this.#socket.write(`GET ${withId(path, id)} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n`)
    )
    this.#socket.once('error', cause => this.reader.fail(new Error(`stream ${id} failed`, { cause })))
    this.#socket.once('close', () => {
      if (!this.#leaving) this.reader.fail(new Error(`stream ${id} ended`))
    })
    this.#socket.once('data', (text: string) => {
      if (!text.startsWith('HTTP/1.1 200 ')) this.reader.fail(new Error(`stream ${id}: ${text.split('\r\n')[0]}`))
    })
    this.#socket.on('data', (text: string) => this.reader.read(text))
  }

  leave(): void {
    this.#leaving = true
    this.#socket.destroy()
  }
}
