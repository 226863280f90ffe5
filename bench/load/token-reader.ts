const DATA = /^data: ?"?([^"\r\n]+)/gm
const COMMENT = /^:/gm

/** Reads what arrives on a stream. It parses as little as it can: every cycle that the load generator uses is noise. */
export class TokenReader {
  /** Called with every token. */
  onToken: (token: string) => void
  /** Called for every comment. */
  onComment: () => void = () => {}
  /** Resolves with the first token. */
  readonly opened: Promise<void>
  #onFirst!: () => void
  #onFailure!: (error: Error) => void
  #rest = ''

  constructor(onToken: (token: string) => void) {
    this.onToken = onToken
    this.opened = new Promise((resolve, reject) => {
      this.#onFirst = resolve
      this.#onFailure = reject
    })
  }

  read(text: string): void {
    const all = this.#rest + text
    const end = all.lastIndexOf('\n') + 1
    this.#rest = all.slice(end)
    const lines = all.slice(0, end)
    for (const [, token] of lines.matchAll(DATA)) {
      this.onToken(token as string)
      this.#onFirst()
    }
    for (const _ of lines.matchAll(COMMENT)) this.onComment()
  }

  /** Fails the bench: its streams end only when their clients leave. */
  fail(error: Error): void {
    this.#onFailure(error)
    this.opened.then(() => {
      throw error
    })
  }
}
