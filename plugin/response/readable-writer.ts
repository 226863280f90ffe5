import type { Readable } from 'node:stream'
import { needsDrain, type RawResponse } from './raw-response.js'
import type { Writer } from './writer.js'

/** Writes to whoever reads a Readable: a pipe, a hook that reads along, `inject()`. */
export class ReadableWriter implements Writer {
  readonly #readable: Readable
  readonly #raw: RawResponse
  isReady = true
  room: number
  #onDrained: (() => void) | undefined

  constructor(readable: Readable, raw: RawResponse) {
    this.#readable = readable
    this.#raw = raw
    this.room = readable.readableHighWaterMark
  }

  get isIdle(): boolean {
    return this.isReady && !this.#readable.isPaused() && !needsDrain(this.#raw)
  }

  /** The reader asks for more. */
  read(): void {
    this.room = this.#readable.readableHighWaterMark - this.#readable.readableLength
    this.isReady = true
    this.#onDrained?.()
  }

  drained(): Promise<void> {
    return new Promise(resolve => {
      this.#onDrained = resolve
    })
  }

  write(text: string): void {
    // A read may come while this is handed over, and must not be forgotten.
    this.isReady = false
    if (this.#readable.push(text)) this.isReady = true
    this.room = this.#readable.readableHighWaterMark - this.#readable.readableLength
  }

  end(text: string): void {
    if (text !== '') this.write(text)
    this.#readable.push(null)
  }
}
