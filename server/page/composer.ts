import { find } from './element.js'

export interface ComposerActions {
  send(prompt: string): void
  stop(): void
  /** A question has to wait for the answer to the one before. */
  refuse(): void
}

/** Where the reader writes, and stops what is being written to them. */
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
    this.#prompt.addEventListener('input', () => this.#fit())
    this.#prompt.addEventListener('keydown', event => {
      if (event.key !== 'Enter' || event.shiftKey || isComposing(event)) return
      event.preventDefault()
      this.#submit()
    })
    this.#stop.addEventListener('click', ({ detail: clicks }) => {
      // The second of a double click was for the button that sends.
      if (clicks < 2) actions.stop()
    })
    document.addEventListener('keydown', event => {
      if (event.key === 'Escape' && this.#isBusy && !isComposing(event)) actions.stop()
    })
  }

  /** While an answer is on its way it can be stopped, and the next question be written but not sent. */
  set isBusy(isBusy: boolean) {
    const hadFocus = document.activeElement === this.#stop
    this.#isBusy = isBusy
    this.#stop.hidden = !isBusy
    this.#send.hidden = isBusy
    if (hadFocus && !isBusy) this.focus()
  }

  /** What is written and not sent. */
  get draft(): string {
    return this.#prompt.value
  }

  set draft(draft: string) {
    this.#prompt.value = draft
    this.#fit()
  }

  focus(): void {
    this.#prompt.focus()
  }

  #submit(): void {
    const prompt = this.#prompt.value.trim()
    if (prompt === '') {
      this.focus()
      return
    }
    if (this.#isBusy) {
      this.#actions.refuse()
      return
    }
    this.draft = ''
    this.#actions.send(prompt)
  }

  /** Gives it the height of what is in it, where the browser does not. */
  #fit(): void {
    if (CSS.supports('field-sizing', 'content')) return
    this.#prompt.style.height = 'auto'
    this.#prompt.style.height = `${this.#prompt.scrollHeight}px`
  }
}

/** Whether a key belongs to an input method that puts characters together. Safari says so only by the code 229. */
function isComposing({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === 229
}
