/** Paints once in the next frame, no matter how often it is requested. A hidden page has no frames, so it waits. */
export class NextFrame {
  readonly #paint: () => void
  #isRequested = false

  constructor(paint: () => void) {
    this.#paint = paint
  }

  request(): void {
    if (this.#isRequested) return
    this.#isRequested = true
    requestAnimationFrame(() => {
      this.#isRequested = false
      this.#paint()
    })
  }
}
