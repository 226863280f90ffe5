import { FST_SSE_CONNECTION_BUSY } from '../../errors.js'
import { isHttp2, onOver, type RawResponse } from '../raw-response.js'
import { refusal } from './refusal.js'

/**
 * Limits how many responses of one connection are open at the same time (V5): the streams of an HTTP/2 connection, and
 * pipelined HTTP/1.1 requests (RFC 9112, section 9.3.2), whose responses wait for each other.
 */
export class ConnectionLimit {
  readonly #max: number | false
  readonly #open = new WeakMap<object, number>()

  constructor(max: number | false) {
    this.#max = max
  }

  /**
   * Counts a response until it is over.
   *
   * @throws FST_SSE_CONNECTION_BUSY
   */
  enter(raw: RawResponse): void {
    const connection = sharedConnection(raw)
    if (this.#max === false || connection === undefined) return
    const open = this.#open.get(connection) ?? 0
    if (open >= this.#max) throw refusal(new FST_SSE_CONNECTION_BUSY(this.#max))
    this.#open.set(connection, open + 1)
    onOver(raw, () => this.#open.set(connection, (this.#open.get(connection) as number) - 1))
  }
}

/** The connection that a response shares with others. One of HTTP/1.1 has one response at a time; others wait. */
function sharedConnection(raw: RawResponse): object | undefined {
  if (isHttp2(raw)) return raw.stream.session
  return raw.socket === null ? raw.req.socket : undefined
}
