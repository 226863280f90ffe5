/** A UTF-16 code unit takes at most this many bytes as UTF-8, which saves counting the bytes of most texts. */
const MAX_BYTES_PER_UNIT = 3

/** Whether a text is larger than `bytes` as UTF-8. */
export function isLarger(text: string, bytes: number): boolean {
  return text.length * MAX_BYTES_PER_UNIT > bytes && Buffer.byteLength(text) > bytes
}

/** The frames that leave in one write. */
export class Batch {
  #text = ''
  #chunks: Buffer[] = []
  #chunkBytes = 0

  get isEmpty(): boolean {
    return this.#text === '' && this.#chunkBytes === 0
  }

  add(frame: string): void {
    this.#text += frame
  }

  /** Whether it holds at least so many bytes. They are only counted where they may be that many, and only once. */
  reaches(bytes: number): boolean {
    if (this.#chunkBytes + this.#text.length * MAX_BYTES_PER_UNIT < bytes) return false
    this.#encode()
    return this.#chunkBytes >= bytes
  }

  /** All that it holds. It is empty then. */
  take(): Buffer {
    this.#encode()
    const chunks = this.#chunks
    this.#chunks = []
    this.#chunkBytes = 0
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
  }

  #encode(): void {
    const chunk = Buffer.from(this.#text)
    this.#text = ''
    this.#chunks.push(chunk)
    this.#chunkBytes += chunk.length
  }
}
