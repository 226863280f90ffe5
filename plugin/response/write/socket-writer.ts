import type { ServerResponse } from 'node:http'
import { needsDrain } from '../raw-response.js'
import type { WriteDeadline } from './write-deadline.js'
import type { Writer } from './writer.js'

/**
 * Writes to Node's response directly, and waits while it is full. Compared with a pipe it was measured to save 1 to 2
 * µs for each write and 1.4 KiB for each stream.
 */
export class SocketWriter implements Writer {
  readonly #response: ServerResponse
  readonly #highWaterMark: number
  deadline: WriteDeadline | undefined
  isReady = true
  room: number
  #onDrained: (() => void) | undefined

  /** @param highWaterMark how many bytes may wait in the response */
  constructor(response: ServerResponse, highWaterMark: number) {
    this.#response = response
    this.#highWaterMark = highWaterMark
    this.room = highWaterMark
  }

  get isIdle(): boolean {
    return this.isReady && !needsDrain(this.#response)
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
      this.#response.write(text, encodingOf(text, bytes))
      return
    }
    this.isReady = false
    this.#response.write(text, encodingOf(text, bytes), error => {
      if (error) return
      deadline?.taken()
      this.isReady = true
      this.room = this.#highWaterMark
      this.#onDrained?.()
    })
    deadline?.wait()
  }

  end(text: string, bytes: number): void {
    this.#response.end(text, encodingOf(text, bytes))
    this.deadline?.wait()
  }
}

/** Node neither counts nor encodes Latin-1, which text is that has as many bytes as code units: it is ASCII. */
function encodingOf(text: string, bytes: number): BufferEncoding {
  return bytes === text.length ? 'latin1' : 'utf8'
}
