/** Lets one side of a test decide when the other side may take its next step. */
export class Steps {
  #allowed = 0
  #waiting: (() => void) | undefined

  go(): void {
    this.#allowed++
    this.#waiting?.()
  }

  async next(): Promise<void> {
    while (this.#allowed === 0) {
      await new Promise<void>(resolve => {
        this.#waiting = resolve
      })
    }
    this.#allowed--
  }
}
