/** A UTF-16 code unit takes at most this many bytes as UTF-8, which saves counting the bytes of most texts. */
export const MAX_BYTES_PER_UNIT = 3

/** Whether a text is larger than `bytes` as UTF-8. */
export function isLarger(text: string, bytes: number): boolean {
  return text.length * MAX_BYTES_PER_UNIT > bytes && Buffer.byteLength(text) > bytes
}

/** The frames that leave in one write. */
export class WriteBatch {
  #text = ''
  /** The bytes that are known, and the length of what has not been counted. */
  #bytes = 0
  #uncounted = 0

  get isEmpty(): boolean {
    return this.#text === ''
  }

  /** How many bytes it has. */
  get bytes(): number {
    if (this.#uncounted > 0) {
      this.#bytes = Buffer.byteLength(this.#text)
      this.#uncounted = 0
    }
    return this.#bytes
  }

  /** @param bytes of the frame, where they are known */
  add(frame: string, bytes?: number): void {
    this.#text += frame
    if (bytes === undefined) this.#uncounted += frame.length
    else this.#bytes += bytes
  }

  /**
   * Whether another frame could make it larger than so many bytes. It says so from half of them on, since to know it to
   * the byte is to count again and again.
   */
  fills(bytes: number): boolean {
    const known = this.#bytes + this.#uncounted * MAX_BYTES_PER_UNIT < bytes ? this.#bytes : this.bytes
    return known * 2 >= bytes
  }

  /** All that it holds. It is empty then. */
  take(): string {
    const text = this.#text
    this.#text = ''
    this.#bytes = 0
    this.#uncounted = 0
    return text
  }
}
