import { FST_SSE_RESPONSE_TOO_LARGE } from '../../errors.js'
import type { AnswerPart } from '../../framing/answer/part.js'

/** Limits the size of an answer that is sent in one piece: the bytes of all texts in its parts, as UTF-8. */
export class SizeLimit {
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * Counts a part.
   *
   * @throws FST_SSE_RESPONSE_TOO_LARGE
   */
  add(part: AnswerPart): void {
    this.count(sizeOf(part))
  }

  /** @throws FST_SSE_RESPONSE_TOO_LARGE */
  count(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > this.#maxBytes) throw new FST_SSE_RESPONSE_TOO_LARGE(this.#maxBytes)
  }
}

function sizeOf(part: AnswerPart): number {
  if (typeof part === 'string') return Buffer.byteLength(part)
  return Object.values(part).reduce((sum, value) => {
    return sum + Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value))
  }, 0)
}
