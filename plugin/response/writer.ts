/** Where the text of a stream is written to. */
export interface Writer {
  /** Whether the reader takes more at once. */
  readonly isReady: boolean
  /** Whether it takes more, and nothing that was written waits to be read. */
  readonly isIdle: boolean
  /** How many bytes it takes until it has to be waited for. */
  readonly room: number
  /** Resolves when it takes more again. */
  drained(): Promise<void>
  /** @param bytes of the text */
  write(text: string, bytes: number): void
  /** Writes the last text, `''` for none, and ends. */
  end(text: string): void
}
