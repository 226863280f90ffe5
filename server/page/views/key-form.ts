import type { PageState } from '../chat/conversations/store.js'
import { find } from './element.js'

/** What a header can hold. */
const VISIBLE_ASCII = /^[\x21-\x7e]+$/

/** Asks for the API key of the server, if the last answer failed without it. */
export class KeyForm {
  readonly #form = find<HTMLFormElement>('#key-form')
  readonly #key = find<HTMLInputElement>('#key')

  /** @param use called with a key that the reader has entered */
  constructor(use: (key: string) => void) {
    this.#form.addEventListener('submit', event => {
      event.preventDefault()
      const key = this.#key.value.trim()
      if (!VISIBLE_ASCII.test(key)) {
        this.#key.focus()
        return
      }
      this.#key.value = ''
      use(key)
    })
  }

  show({ exchanges }: PageState): void {
    const isNeeded = exchanges.at(-1)?.answer.failure?.needsKey === true
    if (this.#form.hidden !== isNeeded) return
    this.#form.hidden = !isNeeded
    if (isNeeded) this.#key.focus()
  }
}
