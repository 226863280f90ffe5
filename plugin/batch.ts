/** A UTF-16 code unit takes at most this many bytes as UTF-8, which saves counting the bytes of most texts. */
export const MAX_BYTES_PER_UNIT = 3

/** Whether a text is larger than `bytes` as UTF-8. */
export function isLarger(text: string, bytes: number): boolean {
  return text.length * MAX_BYTES_PER_UNIT > bytes && Buffer.byteLength(text) > bytes
}

/** The frames that leave in one write. */
export class Batch {
  #text = ''
  /** The length of the part whose bytes were counted, and its bytes. */
  #counted = 0
  #countedBytes = 0

  get isEmpty(): boolean {
    return this.#text === ''
  }

  add(frame: string): void {
    this.#text += frame
  }

  /**
   * Whether another frame could make it larger than so many bytes. It says so from half of them on, since to know it to
   * the byte is to count again and again.
   */
  fills(bytes: number): boolean {
    if (this.#countedBytes + (this.#text.length - this.#counted) * MAX_BYTES_PER_UNIT >= bytes) {
      this.#counted = this.#text.length
      this.#countedBytes = Buffer.byteLength(this.#text)
    }
    return this.#countedBytes * 2 >= bytes
  }

  /** All that it holds. It is empty then. */
  take(): string {
    const text = this.#text
    this.#text = ''
    this.#counted = 0
    this.#countedBytes = 0
    return text
  }
}
