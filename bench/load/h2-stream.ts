import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import { type OpenStream, type StreamClient, withId } from './stream.js'
import { TokenReader } from './token-reader.js'

/** The streams that share a connection. */
const STREAMS = 100

/** Opens streams over HTTP/2, `STREAMS` on each connection. */
export function h2Streams(port: number, path: string): OpenStream {
  let count = 0
  let session: ClientHttp2Session
  return (id, onToken) => {
    if (count++ % STREAMS === 0) {
      // The certificate is the bench's own.
      session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
      session.setMaxListeners(STREAMS + 1)
    }
    return new H2Stream(session, path, id, onToken)
  }
}

/** A stream over HTTP/2. The last one that leaves closes the connection. */
class H2Stream implements StreamClient {
  readonly id: string
  readonly reader: TokenReader
  readonly #session: ClientHttp2Session
  readonly #stream: ClientHttp2Stream
  #leaving = false

  constructor(session: ClientHttp2Session, path: string, id: string, onToken: (token: string) => void) {
    this.id = id
    this.reader = new TokenReader(onToken)
    this.#session = session
    this.#stream = session.request({ ':path': withId(path, id), accept: 'text/event-stream' })
    this.#stream.setEncoding('latin1')
    this.#stream.once('response', ({ ':status': status }) => {
      if (status !== 200) this.reader.fail(new Error(`stream ${id}: ${status}`))
    })
    this.#stream.once('error', cause => this.reader.fail(new Error(`stream ${id} failed`, { cause })))
    session.once('error', cause => this.reader.fail(new Error(`stream ${id} failed`, { cause })))
    this.#stream.once('close', () => {
      if (!this.#leaving) this.reader.fail(new Error(`stream ${id} ended`))
    })
    this.#stream.on('data', (text: string) => this.reader.read(text))
  }

  leave(): void {
    this.#leaving = true
    this.#stream.close(constants.NGHTTP2_CANCEL)
    // Streams that are open keep the connection.
    if (!this.#session.closed) this.#session.close()
  }
}
