/** What ends a line. */
const LINE_END = /\r\n?|\n/

/** Cuts a text that arrives in pieces into lines, which end with LF, CRLF or CR (WHATWG HTML, section 9.2.6). */
export class Lines {
  #pieces: string[] = []
  #usesLf = false
  #endedWithCr = false

  /** @returns the lines that this piece completes */
  feed(piece: string): string[] {
    // The CR of this CRLF has ended its line already.
    const text = this.#endedWithCr && piece.startsWith('\n') ? piece.slice(1) : piece
    this.#usesLf ||= piece.includes('\n')
    const heldCr = this.#pieces.at(-1)?.endsWith('\r')
    if (!heldCr && !/[\r\n]/.test(text)) {
      if (text !== '') this.#pieces.push(text)
      this.#endedWithCr &&= text === ''
      return []
    }
    if (!heldCr && !text.includes('\r')) return this.#feedLf(text)
    const all = this.#pieces.join('') + text
    // A CR at the end may be half of a CRLF. If all lines end with CR alone, waiting would delay every event.
    const holdsCr = this.#usesLf && all.endsWith('\r')
    this.#endedWithCr = !this.#usesLf && all.endsWith('\r')
    const lines = (holdsCr ? all.slice(0, -1) : all).split(LINE_END)
    const rest = lines.pop() + (holdsCr ? '\r' : '')
    this.#pieces = rest === '' ? [] : [rest]
    return lines
  }

  /**
   * Cuts text without any CR, which nearly all is, as it is. To join it first with what is left of the text before
   * would copy all of it, which was measured to cost some 5 % of a token's way from the provider to the client.
   */
  #feedLf(text: string): string[] {
    const lines = text.split('\n')
    lines[0] = this.#pieces.join('') + lines[0]
    const rest = lines.pop() as string
    this.#pieces = rest === '' ? [] : [rest]
    this.#endedWithCr = false
    return lines
  }

  /** @returns the last line, if it has no end */
  end(): string[] {
    return this.feed('\n')
  }
}
