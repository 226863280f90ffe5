/** The questions that a reader can have back, as a terminal has its commands. */
export class PromptHistory {
  #prompts: readonly string[] = []
  /** Which of them is in the field; one after the last for none. */
  #at = 0

  /** @param prompts the questions of the conversation, the oldest first */
  set(prompts: readonly string[]): void {
    if (prompts.length === this.#prompts.length && prompts.every((prompt, i) => prompt === this.#prompts[i])) return
    this.#prompts = prompts
    this.#at = prompts.length
  }

  /**
   * The question before or after the one in the field.
   *
   * @param key the key that was pressed
   * @param field what is in the field. A text of the reader's own is not replaced.
   * @returns `undefined` if there is none
   */
  recall(key: string, field: string): string | undefined {
    const isOwn = field !== (this.#prompts[this.#at] ?? '')
    const next = key === 'ArrowUp' ? this.#at - 1 : this.#at + 1
    if (isOwn || next < 0 || next > this.#prompts.length) return undefined
    this.#at = next
    return this.#prompts[next] ?? ''
  }
}
