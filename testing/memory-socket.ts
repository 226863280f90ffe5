import { Duplex, type DuplexOptions } from 'node:stream'

/** How much each side holds before its writer has to wait. Bytes. Small, so that a stalled client is felt at once. */
const HIGH_WATER_MARK = 16 * 1024

/** The longest delay of a timer. Milliseconds. */
const MAX_DELAY = 2 ** 31 - 1

const OPTIONS: DuplexOptions = { allowHalfOpen: true, highWaterMark: HIGH_WATER_MARK }

/** Makes the two ends of a connection within the process. What one end writes, the other reads. */
export function memorySockets(): { client: Duplex; server: Duplex } {
  const client = new MemorySocket()
  const server = new MemorySocket()
  client.connect(server)
  server.connect(client)
  return { client, server }
}

/** One end of a connection, with as much of `net.Socket` as Node's HTTP servers and clients use. */
class MemorySocket extends Duplex {
  readonly remoteFamily = 'IPv4'
  readonly remotePort = 1
  readonly localAddress = '127.0.0.1'
  readonly localPort = 80
  #other!: MemorySocket
  /** Called when the other end has room again. */
  #onRoom: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  /** Keeps the process alive while the connection is open, as the handle of a real one does. */
  readonly #handle = setInterval(() => {}, MAX_DELAY)

  constructor() {
    super(OPTIONS)
  }

  connect(other: MemorySocket): void {
    this.#other = other
  }

  override _read(): void {
    const onRoom = this.#other.#onRoom
    this.#other.#onRoom = undefined
    onRoom?.()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error) => void): void {
    this.#timer?.refresh()
    this.#other.#timer?.refresh()
    if (this.#other.destroyed) callback(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    else if (this.#other.push(chunk)) callback()
    else this.#onRoom = callback
  }

  override _final(callback: () => void): void {
    this.#other.push(null)
    callback()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#timer)
    clearInterval(this.#handle)
    callback(error)
    // As on a network, the other end still reads what was sent, and then the end. What it has yet to write is lost.
    const other = this.#other
    if (!other.readableEnded && !other.destroyed) other.push(null)
    this._read()
  }

  setTimeout(delay: number, onTimeout?: () => void): this {
    clearTimeout(this.#timer)
    this.#timer = delay > 0 ? setTimeout(() => this.emit('timeout'), delay).unref() : undefined
    if (onTimeout) this.once('timeout', onTimeout)
    return this
  }

  destroySoon(): void {
    this.end(() => this.destroy())
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    this.#handle.ref()
    return this
  }

  unref(): this {
    this.#handle.unref()
    return this
  }
}
