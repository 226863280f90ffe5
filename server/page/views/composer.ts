import { isAnswering, type PageState } from '../chat/store.js'
import { find } from './element.js'

export interface ComposerActions {
  /** The reader has written something. */
  edit(draft: string): void
  send(prompt: string): void
  stop(): void
  /** A question cannot be sent before the answer to the last one has ended. */
  refuse(): void
}

/** Where the reader writes questions and stops answers. */
export class Composer {
  readonly #form = find<HTMLFormElement>('#composer')
  readonly #prompt = find<HTMLTextAreaElement>('#prompt')
  readonly #send = find<HTMLButtonElement>('#send')
  readonly #stop = find<HTMLButtonElement>('#stop')
  readonly #actions: ComposerActions
  #isBusy = false

  constructor(actions: ComposerActions) {
    this.#actions = actions
    this.#form.addEventListener('submit', event => {
      event.preventDefault()
      this.#submit()
    })
    this.#prompt.addEventListener('input', () => {
      this.#fit()
      actions.edit(this.#prompt.value)
    })
    this.#prompt.addEventListener('keydown', event => {
      if (event.key !== 'Enter' || event.shiftKey || isComposing(event)) return
      event.preventDefault()
      this.#submit()
    })
    this.#stop.addEventListener('click', ({ detail: clicks }) => {
      // The second click of a double click was meant for the button that sends.
      if (clicks < 2) actions.stop()
    })
    document.addEventListener('keydown', event => {
      if (event.key === 'Escape' && this.#isBusy && !isComposing(event)) actions.stop()
    })
  }

  /** While an answer is on its way it can be stopped. The next question can be written, but not sent. */
  show(state: PageState): void {
    const hadFocus = document.activeElement === this.#stop
    const isBusy = isAnswering(state)
    this.#isBusy = isBusy
    this.#stop.hidden = !isBusy
    this.#send.hidden = isBusy
    if (hadFocus && !isBusy) this.focus()
    if (this.#prompt.value === state.draft) return
    this.#prompt.value = state.draft
    this.#fit()
  }

  focus(): void {
    this.#prompt.focus()
  }

  #submit(): void {
    const prompt = this.#prompt.value.trim()
    if (prompt === '') this.focus()
    else if (this.#isBusy) this.#actions.refuse()
    else this.#actions.send(prompt)
  }

  /** Makes the field as high as its text if the browser does not. */
  #fit(): void {
    if (CSS.supports('field-sizing', 'content')) return
    this.#prompt.style.height = 'auto'
    this.#prompt.style.height = `${this.#prompt.scrollHeight}px`
  }
}

/** Whether a key belongs to an input method that composes characters. Safari tells so only by the code 229. */
function isComposing({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === 229
}
