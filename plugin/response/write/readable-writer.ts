import type { Readable } from 'node:stream'
import { completeHeaders } from '../headers.js'
import { needsDrain, type RawResponse } from '../raw-response.js'
import type { WriteDeadline } from './write-deadline.js'
import type { Writer } from './writer.js'

/** Writes to the reader of a Readable: a pipe, a hook, or `inject()`. */
export class ReadableWriter implements Writer {
  readonly #readable: Readable
  readonly #raw: RawResponse
  deadline: WriteDeadline | undefined
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

  /** Called when the reader asks for more. */
  read(): void {
    this.room = this.#readable.readableHighWaterMark - this.#readable.readableLength
    this.isReady = true
    this.deadline?.taken()
    this.#onDrained?.()
  }

  drained(): Promise<void> {
    return new Promise(resolve => {
      this.#onDrained = resolve
    })
  }

  write(text: string, bytes = Buffer.byteLength(text)): void {
    // Whoever reads writes the head along with this, which a hook may have changed since.
    completeHeaders(this.#raw)
    // `push` may call `read` before it returns, so `isReady` must not be set to `false` afterwards.
    this.isReady = false
    this.deadline?.handed(bytes)
    if (this.#readable.push(text)) this.isReady = true
    else if (!this.isReady) this.deadline?.wait()
    this.room = this.#readable.readableHighWaterMark - this.#readable.readableLength
  }

  end(text: string): void {
    if (text !== '') this.write(text)
    this.#readable.push(null)
    this.deadline?.wait()
  }
}
