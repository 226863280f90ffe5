/** Whether a text ends with the first half of a surrogate pair (UTF-16). */
export function endsInHalf(text: string): boolean {
  return (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800
}

/**
 * Joins characters that a source splits between items (W4): the bytes of a UTF-8 character, or the two halves of a
 * surrogate pair.
 */
export class TextJoiner {
  #decoder: InstanceType<typeof TextDecoder> | undefined
  /** The first half of a surrogate pair, held back until the second half comes. */
  #half = ''

  /** Takes text, and returns the part that can be sent, with the part held back before. It may be empty. */
  text(text: string): string {
    const joined = this.#half === '' ? text : this.#half + text
    this.#half = endsInHalf(joined) ? joined.slice(-1) : ''
    return this.#half === '' ? joined : joined.slice(0, -1)
  }

  /** Takes UTF-8 bytes, which may end in the middle of a character, and returns the text that can be sent. */
  bytes(chunk: Uint8Array): string {
    this.#decoder ??= new TextDecoder('utf-8', { ignoreBOM: true })
    return this.text(this.#decoder.decode(chunk, { stream: true }))
  }

  /** The text held back at the end of the source. A part of a character becomes U+FFFD. */
  rest(): string {
    const text = this.#half + (this.#decoder?.decode() ?? '')
    this.#half = ''
    return text
  }
}
