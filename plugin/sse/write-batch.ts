/** A UTF-16 code unit takes at most this many bytes as UTF-8, which saves counting the bytes of most texts. */
export const MAX_BYTES_PER_UNIT = 3

/** Whether a text is larger than `bytes` as UTF-8. */
export function isLarger(text: string, bytes: number): boolean {
  return text.length * MAX_BYTES_PER_UNIT > bytes && Buffer.byteLength(text) > bytes
}

/** The frames that leave in one write. */
export class WriteBatch {
  /** What is counted, and how many bytes it has. */
  #text = ''
  #bytes = 0
  /** What comes after that. */
  #uncounted = ''

  get isEmpty(): boolean {
    return this.#text === '' && this.#uncounted === ''
  }

  /** How many bytes it has. */
  get bytes(): number {
    this.#count()
    return this.#bytes
  }

  /** @param bytes of the frame, where they are known */
  add(frame: string, bytes?: number): void {
    if (bytes === undefined) {
      this.#uncounted += frame
    } else {
      this.#count()
      this.#text += frame
      this.#bytes += bytes
    }
  }

  /**
   * Whether it has so many bytes. They are counted only once there can be as many: to count each frame was measured to
   * cost 18 ns a token, and to write more often, on a bound alone, as much.
   */
  fills(bytes: number): boolean {
    if (this.#bytes + this.#uncounted.length * MAX_BYTES_PER_UNIT < bytes) return false
    return this.bytes >= bytes
  }

  /** All that it holds. It is empty then. */
  take(): string {
    const text = this.#text + this.#uncounted
    this.#text = ''
    this.#bytes = 0
    this.#uncounted = ''
    return text
  }

  #count(): void {
    if (this.#uncounted === '') return
    this.#bytes += Buffer.byteLength(this.#uncounted)
    this.#text += this.#uncounted
    this.#uncounted = ''
  }
}
