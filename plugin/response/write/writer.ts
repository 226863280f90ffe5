import type { WriteDeadline } from './write-deadline.js'

/** Writes the text of a stream, and reports backpressure. */
export interface Writer {
  /** Told when what was written waits for the client. Default: none. */
  deadline?: WriteDeadline | undefined
  /** Whether more can be written now. */
  readonly isReady: boolean
  /** Whether more can be written now, and nothing that was written is still waiting. */
  readonly isIdle: boolean
  /** Whether the first text has left with its write. Default: it leaves when the source yields to the event loop. */
  readonly hasLeft?: boolean
  /** How many bytes can be written before `isReady` becomes `false`. */
  readonly room: number
  /** Resolves when more can be written again. */
  drained(): Promise<void>
  /** Writes text. @param bytes its length in bytes */
  write(text: string, bytes: number): void
  /** Writes the last text and ends. @param text `''` for none */
  end(text: string, bytes: number): void
}
