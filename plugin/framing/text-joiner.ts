/** Whether a text ends with the first half of a surrogate pair. */
export function endsInHalf(text: string): boolean {
  return (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800
}

/**
 * Keeps characters whole that a source splits between items (W4): the bytes of one as UTF-8, or the two halves of a
 * surrogate pair.
 */
export class TextJoiner {
  #decoder: InstanceType<typeof TextDecoder> | undefined
  /** The first half of a surrogate pair whose second half has not come. */
  #half = ''

  /** What can be sent of a text, with what was held back before it. It may be empty. */
  text(text: string): string {
    const whole = this.#half === '' ? text : this.#half + text
    this.#half = endsInHalf(whole) ? whole.slice(-1) : ''
    return this.#half === '' ? whole : whole.slice(0, -1)
  }

  /** The same of bytes, which may end in the middle of a character, or hold only a part of one. */
  bytes(chunk: Uint8Array): string {
    this.#decoder ??= new TextDecoder('utf-8', { ignoreBOM: true })
    return this.text(this.#decoder.decode(chunk, { stream: true }))
  }

  /** What is left at the end of the source. Half a character is sent as U+FFFD. */
  rest(): string {
    const text = this.#half + (this.#decoder?.decode() ?? '')
    this.#half = ''
    return text
  }
}
