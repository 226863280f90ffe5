/** How much of the time painting may take, as a part of what is left for the reader's own scrolling and typing. */
const SHARE = 1 / 3

/**
 * Paints once in the next frame, no matter how often it is requested. After a paint that took long, the next one comes
 * later, so that the page can always be used. A hidden page has no frames, so it waits.
 */
export class NextFrame {
  readonly #paint: () => void
  #isRequested = false
  /** When the next paint may begin. Milliseconds since the page was opened. */
  #earliest = 0

  constructor(paint: () => void) {
    this.#paint = paint
  }

  request(): void {
    if (this.#isRequested) return
    this.#isRequested = true
    const delay = this.#earliest - performance.now()
    if (delay > 0) setTimeout(() => this.#inFrame(), delay)
    else this.#inFrame()
  }

  #inFrame(): void {
    requestAnimationFrame(() => {
      this.#isRequested = false
      const start = performance.now()
      this.#paint()
      const end = performance.now()
      this.#earliest = end + (end - start) / SHARE
    })
  }
}
