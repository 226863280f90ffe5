import type { Announcer } from './announcer.js'

/** A line below the composer for messages that do not belong to an answer. */
export class Notice {
  readonly #element: HTMLElement
  readonly #announcer: Announcer
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(element: HTMLElement, announcer: Announcer) {
    this.#element = element
    this.#announcer = announcer
  }

  /** @param duration how long it is shown. Milliseconds. Default: until it is cleared. */
  show(words: string, duration?: number): void {
    this.clear()
    this.#element.textContent = words
    this.#element.hidden = false
    this.#announcer.say(words)
    if (duration !== undefined) this.#timer = setTimeout(() => this.clear(), duration)
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#element.hidden = true
  }
}
