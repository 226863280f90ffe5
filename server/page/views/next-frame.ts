/** Paints once in the next frame, however often that is requested. Browsers hold back the frames of a page that nobody sees. */
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
