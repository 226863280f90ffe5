import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { needsDrain } from '../raw-response.js'
import { chunkSocket, formatChunk } from './chunk-socket.js'
import { flattenHead } from './flat-head.js'
import type { WriteDeadline } from './write-deadline.js'
import type { Writer } from './writer.js'

/**
 * The longest text that goes to the socket in one piece. Longer ones go to the response, which joins what comes in one
 * tick, and takes a long text without a copy. Bytes.
 */
const MAX_CHUNK = 1024

/**
 * Writes to Node's response directly, and waits while it is full. Compared with a pipe it was measured to save 1 to 2
 * µs for each write and 1.4 KiB for each stream.
 */
export class SocketWriter implements Writer {
  readonly #response: ServerResponse
  readonly #highWaterMark: number
  /** Takes what comes after the first write, which brings the head; without it, the response does. */
  #socket: Socket | null | undefined
  deadline: WriteDeadline | undefined
  isReady = true
  hasLeft = false
  room: number
  #onDrained: (() => void) | undefined

  /** @param highWaterMark how many bytes may wait in the response */
  constructor(response: ServerResponse, highWaterMark: number) {
    this.#response = response
    this.#highWaterMark = highWaterMark
    this.room = highWaterMark
  }

  get isIdle(): boolean {
    return this.isReady && !(this.#socket?.writableNeedDrain ?? needsDrain(this.#response))
  }

  drained(): Promise<void> {
    return new Promise(resolve => {
      this.#onDrained = resolve
    })
  }

  write(text: string, bytes: number): void {
    const { deadline } = this
    deadline?.handed(bytes)
    if (this.#response.writableLength === 0) {
      this.room = this.#highWaterMark
      deadline?.taken()
    } else {
      deadline?.wait()
    }
    this.room -= bytes
    if (this.room > 0) {
      this.#send(text, bytes)
      return
    }
    this.isReady = false
    this.#send(text, bytes, error => {
      if (error) return
      deadline?.taken()
      this.isReady = true
      this.room = this.#highWaterMark
      this.#onDrained?.()
    })
    deadline?.wait()
  }

  end(text: string, bytes: number): void {
    const response = this.#response
    const socket = bytes > 0 ? this.#chunkSocket(bytes) : undefined
    if (socket === undefined) {
      this.#begin()
      response.end(text, encodingOf(text, bytes))
    } else {
      // `end` uncorks it, so that both leave in one write.
      socket.cork()
      socket.write(formatChunk(text, bytes), encodingOf(text, bytes))
      response.end()
    }
    if (response.writableLength > 0) this.deadline?.wait()
  }

  #send(text: string, bytes: number, callback?: (error?: Error | null) => void): void {
    const encoding = encodingOf(text, bytes)
    const socket = this.#chunkSocket(bytes)
    if (socket !== undefined) {
      socket.write(formatChunk(text, bytes), encoding, callback)
      return
    }
    const response = this.#response
    const isFirst = !response.headersSent
    this.#begin()
    this.#socket ??= chunkSocket(response)
    // Node encodes the head like what comes with it.
    const isShort = encoding === 'latin1' && bytes <= MAX_CHUNK && callback === undefined
    if (isFirst && isShort && this.#socket) this.#sendWithHead(this.#socket, formatChunk(text, bytes))
    else response.write(text, encoding, callback)
  }

  /**
   * Sends the first chunk at once, and as one text with the head. Node would send these in five pieces, when the source
   * yields to the event loop. That was measured to cost an answer of one token 1.5 of 31 µs.
   */
  #sendWithHead(socket: Socket, chunk: string): void {
    const response = this.#response
    socket.cork()
    // It is a chunk already.
    response.chunkedEncoding = false
    response.write(chunk, 'latin1')
    response.chunkedEncoding = true
    socket.uncork()
    this.hasLeft = socket.writableCorked === 0
  }

  /** The socket, if it takes a chunk of so many bytes. */
  #chunkSocket(bytes: number): Socket | undefined {
    // The app may have ended the response itself. The connection then belongs to the next one.
    const takes = bytes <= MAX_CHUNK && this.#socket?.writable && !this.#response.writableEnded
    return takes ? (this.#socket as Socket) : undefined
  }

  #begin(): void {
    const response = this.#response
    if (!response.headersSent) {
      response.writeHead(response.statusCode)
      flattenHead(response)
    }
  }
}

/** Node neither counts nor encodes Latin-1, which text is that has as many bytes as code units: it is ASCII. */
function encodingOf(text: string, bytes: number): BufferEncoding {
  return bytes === text.length ? 'latin1' : 'utf8'
}
