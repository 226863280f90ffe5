/** The frames of a run of a source, for `onFinish`. */
export interface FrameRecord {
  /** Whether it lacks frames. */
  readonly isTruncated: boolean
  add(frame: string): void
  /** All frames, in order. */
  frames(): Iterable<string>
}

/** Keeps frames up to limits. */
export class LimitedRecord implements FrameRecord {
  readonly #maxFrames: number
  readonly #maxBytes: number
  readonly #frames: string[] = []
  #bytes = 0
  isTruncated = false

  constructor(maxFrames: number, maxBytes: number) {
    this.#maxFrames = maxFrames
    this.#maxBytes = maxBytes
  }

  add(frame: string): void {
    if (this.isTruncated) return
    this.#bytes += Buffer.byteLength(frame)
    this.isTruncated = this.#frames.length >= this.#maxFrames || this.#bytes > this.#maxBytes
    if (!this.isTruncated) this.#frames.push(frame)
  }

  frames(): Iterable<string> {
    return this.#frames
  }
}
