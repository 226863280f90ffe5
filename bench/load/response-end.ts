/** The end of a chunked response (RFC 9112, section 7.1). Tokens contain no CR, so nothing else looks like it. */
const LAST_CHUNK = '0\r\n\r\n'

const HEAD_END = '\r\n\r\n'

/**
 * Finds the ends of the responses on a kept-alive connection. It reads their heads, and of their bodies as little as it
 * can: every cycle that the load generator uses is noise.
 */
export class ResponseEnd {
  #head = ''
  #inBody = false
  /** The bytes of the body that are still to come; `undefined` for a chunked body. */
  #left: number | undefined
  #tail = ''

  /**
   * @param bytes what has arrived, none of it twice
   * @returns whether the response has ended
   * @throws if a response has another status than 200
   */
  read(bytes: Buffer): boolean {
    const body = this.#inBody ? bytes : this.#readHead(bytes)
    if (body === undefined || !this.#hasEnded(body)) return false
    this.#head = ''
    this.#inBody = false
    this.#tail = ''
    return true
  }

  /** @returns what has arrived of the body */
  #readHead(bytes: Buffer): Buffer | undefined {
    const before = this.#head.length
    // A head is shorter than this.
    this.#head += bytes.subarray(0, 4096).toString('latin1')
    const end = this.#head.indexOf(HEAD_END)
    if (end < 0) return undefined
    const head = this.#head.slice(0, end)
    if (!head.startsWith('HTTP/1.1 200 ')) throw new Error(`the server answered ${head.split('\r\n')[0]}`)
    const [, length] = /^content-length: (\d+)/im.exec(head) ?? []
    this.#left = length === undefined ? undefined : Number(length)
    this.#inBody = true
    return bytes.subarray(end + HEAD_END.length - before)
  }

  #hasEnded(body: Buffer): boolean {
    if (this.#left !== undefined) {
      this.#left -= body.length
      return this.#left <= 0
    }
    this.#tail = (this.#tail + body.subarray(-LAST_CHUNK.length).toString('latin1')).slice(-LAST_CHUNK.length)
    return this.#tail === LAST_CHUNK
  }
}
