import { connect, type Socket } from 'node:net'

const DATA = /^data: ?"?([^"\r\n]+)/gm
const COMMENT = /^:/gm

/** A client of one stream. It parses as little as it can: every cycle that the load generator uses is noise. */
export class StreamClient {
  readonly id: string
  readonly opened: Promise<void>
  /** Called with every token. */
  onToken: (token: string) => void
  /** Called for every comment. */
  onComment: () => void = () => {}
  #onFirst: () => void = () => {}
  readonly #socket: Socket
  #rest = ''
  #leaving = false

  constructor(port: number, path: string, id: string, onToken: (token: string) => void, localAddress?: string) {
    this.id = id
    this.onToken = onToken
    const query = path.includes('?') ? '&' : '?'
    this.#socket = connect({ port, host: '127.0.0.1', ...(localAddress && { localAddress }) })
    this.#socket.setEncoding('latin1')
    this.#socket.once('connect', () =>
      this.#socket.write(`GET ${path}${query}id=${id} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n`)
    )
    this.opened = new Promise((resolve, reject) => {
      this.#onFirst = resolve
      this.#socket.once('error', reject)
      this.#socket.once('close', () => {
        if (this.#leaving) return
        const error = new Error(`stream ${id} ended`)
        reject(error)
        // The bench's streams end only when their clients leave.
        this.opened.then(() => {
          throw error
        })
      })
    })
    this.#socket.on('data', (text: string) => this.#read(text))
  }

  leave(): void {
    this.#leaving = true
    this.#socket.destroy()
  }

  #read(text: string): void {
    const all = this.#rest + text
    const end = all.lastIndexOf('\n') + 1
    this.#rest = all.slice(end)
    const lines = all.slice(0, end)
    for (const [, token] of lines.matchAll(DATA)) {
      this.onToken(token as string)
      this.#onFirst()
    }
    for (const _ of lines.matchAll(COMMENT)) this.onComment()
  }
}
