import type { FastifyBaseLogger, FastifyReply } from 'fastify'
import type { StreamLine } from '../../framing/stream-line.js'
import { type Deadline, type DeadlineEntry, type Deadlines, stepTo } from '../../util/timing/deadlines.js'
import { isHttp2, onOver, partlyTaken, pendingBytes, type RawResponse, truncate } from '../raw-response.js'

/** A response whose client may take nothing. */
export interface SlowResponse {
  readonly raw: RawResponse
  /** How many bytes wait for the client. */
  readonly pendingBytes: number
  /** Called when the client has taken nothing for the whole time. */
  onWriteTimeout(timeout: number): void
}

/**
 * Ends a response whose client takes nothing (V5). Its socket is open, but no longer drains: the client has lost its
 * network without closing the connection, or does not read.
 *
 * A client that takes a little is slow, not gone. Progress is looked for when the deadline comes, and only while
 * something waits: a client that keeps up costs nothing.
 */
export class WriteDeadline implements Deadline {
  entry?: DeadlineEntry | undefined
  readonly #response: SlowResponse
  readonly #timeout: number
  readonly #deadlines: Deadlines
  /** How many bytes were handed over. */
  #handed = 0
  /** Since when nothing was taken; 0 if nothing waits. */
  #since = 0
  /** How many bytes had been taken then. */
  #taken = 0
  #partlyTaken: number | undefined

  /** @param timeout how long the client may take nothing, in milliseconds */
  constructor(response: SlowResponse, timeout: number, deadlines: Deadlines) {
    this.#response = response
    this.#timeout = timeout
    this.#deadlines = deadlines
  }

  /** Called with each write. */
  handed(bytes: number): void {
    this.#handed += bytes
  }

  /** Called when something waits for the client. */
  wait(): void {
    if (this.#since !== 0) return
    this.#mark(performance.now())
    if (!this.#deadlines.has(this)) this.#deadlines.set(this, stepTo(this.#timeout))
  }

  /** Called when nothing waits for the client any more. */
  taken(): void {
    this.#since = 0
  }

  /** Called when the response is over. */
  stop(): void {
    this.#deadlines.clear(this)
  }

  onDeadline(): void {
    if (this.#since === 0) return
    const now = performance.now()
    const pending = this.#response.pendingBytes
    // Before the head is sent, hooks may still be at work on what is to be written.
    if (pending === 0 && this.#response.raw.headersSent) {
      this.#since = 0
      return
    }
    if (pending === 0 || this.#hasProgress(pending)) this.#mark(now)
    const left = this.#since + this.#timeout - now
    if (left <= 0) this.#response.onWriteTimeout(this.#timeout)
    else this.#deadlines.set(this, stepTo(left))
  }

  #hasProgress(pending: number): boolean {
    return this.#handed - pending > this.#taken || partlyTaken(this.#response.raw) !== this.#partlyTaken
  }

  #mark(now: number): void {
    this.#since = now
    this.#taken = this.#handed - this.#response.pendingBytes
    this.#partlyTaken = partlyTaken(this.#response.raw)
  }
}

/** Breaks off an answer in one piece whose client takes nothing. Called before it is sent. */
export function limitWrites({ raw, log }: FastifyReply, timeout: number | false, deadlines: Deadlines): void {
  if (timeout === false) return
  const response: SlowResponse = {
    raw,
    get pendingBytes() {
      return pendingBytes(raw)
    },
    onWriteTimeout: () => giveUp(raw, log, timeout)
  }
  const deadline = new WriteDeadline(response, timeout, deadlines)
  onOver(raw, () => deadline.stop())
  deadline.wait()
}

/** Breaks off a response whose client takes nothing. It is no error of the server (E5). */
export function giveUp(raw: RawResponse, log: FastifyBaseLogger, writeTimeout: number, line?: StreamLine): void {
  log.info({ ...line, writeTimeout }, 'client takes nothing')
  truncate(raw)
  // A connection that does not drain does not take the code of the truncated stream either.
  if (isHttp2(raw)) raw.stream.destroy()
}
