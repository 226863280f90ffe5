/** Has something painted once in the next frame, however often that is asked for. While nobody sees the page, it waits. */
export class Frame {
  readonly #paint: () => void
  #isAsked = false

  constructor(paint: () => void) {
    this.#paint = paint
  }

  ask(): void {
    if (this.#isAsked) return
    this.#isAsked = true
    requestAnimationFrame(() => {
      this.#isAsked = false
      this.#paint()
    })
  }
}
