/**
 * Joins characters whose halves arrive in two texts. JSON can write a character beyond U+FFFF as two escapes, which
 * servers that count in UTF-16 send in two chunks.
 */
export class Characters {
  #half = ''

  /** @returns the text up to its last whole character */
  take(text: string): string {
    const all = this.#half + text
    const last = all.charCodeAt(all.length - 1)
    this.#half = last >= 0xd800 && last <= 0xdbff ? all.slice(-1) : ''
    return this.#half === '' ? all : all.slice(0, -1)
  }

  /** @returns the half that nothing has completed, or `''` */
  rest(): string {
    const half = this.#half
    this.#half = ''
    return half
  }
}
