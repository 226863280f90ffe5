import type { Announcer } from './announcer.js'

/** A line below the composer, for what belongs to no answer. */
export class Notice {
  readonly #element: HTMLElement
  readonly #announcer: Announcer
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(element: HTMLElement, announcer: Announcer) {
    this.#element = element
    this.#announcer = announcer
  }

  /** @param duration after how many milliseconds it goes, where it does not stay */
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
