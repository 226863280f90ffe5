import type { LiveLog } from '../log/live-log.js'

/** How much the clients of a stream may leave unread. UTF-16 code units. */
const MAX_UNREAD = 64 * 1024

/**
 * Bounds the log of a stream that the event store has no room for (V5). Nobody can resume such a stream, so its log
 * needs to hold only what its clients have not read yet. The source waits for the slowest of them, like that of a plain
 * stream (S4).
 */
export class UnkeptLog {
  readonly #log: LiveLog

  constructor(log: LiveLog) {
    this.#log = log
  }

  /** The promise to wait for before more is added; `undefined` if there is room. */
  room(): Promise<void> | undefined {
    if (this.#isSmall()) return undefined
    return new Promise(resolve => {
      const check = () => (this.#isSmall() ? resolve() : this.#log.onceRead(check))
      this.#log.onceRead(check)
    })
  }

  /** Whether there is room, now that what was read is forgotten. */
  #isSmall(): boolean {
    const log = this.#log
    if (log.units > MAX_UNREAD) log.dropRead()
    return log.units <= MAX_UNREAD
  }
}
