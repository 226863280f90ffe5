import { isAscii } from 'node:buffer'

/** Decodes a body that arrives in pieces: UTF-8, without a byte order mark (WHATWG Encoding, section 8.1). */
export class BodyDecoder {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #hasBegun = false
  /** Whether the last piece may have ended in the middle of a character. */
  #isSplit = false

  /** The text that a piece completes. */
  decode(bytes: Uint8Array): string {
    // A decoder of streams takes ten times as long for ASCII, which most of an answer is.
    if (!this.#isSplit && isAscii(bytes))
      return this.#begun(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'))
    this.#isSplit = (bytes.at(-1) ?? 0xff) > 0x7f
    return this.#begun(this.#decoder.decode(bytes, { stream: true }))
  }

  /** What is left at the end of the body. */
  end(): string {
    return this.#begun(this.#decoder.decode())
  }

  #begun(text: string): string {
    if (this.#hasBegun || text === '') return text
    this.#hasBegun = true
    return text.startsWith('\ufeff') ? text.slice(1) : text
  }
}
