/** Lets one side of a test take a step only after the other has said so, whichever comes first. */
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
