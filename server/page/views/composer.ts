import { isAnswering, isHeld, type PageState } from '../chat/conversations/store.js'
import { find } from './element.js'
import { PromptHistory } from './prompt-history.js'

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
  readonly #history = new PromptHistory()
  #exchanges: PageState['exchanges'] = []
  #isBusy = false
  #isAnswering = false

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
      if (isComposing(event) || event.shiftKey) return
      if (event.key === 'Enter') {
        event.preventDefault()
        this.#submit()
      }
      if (event.key === 'ArrowUp' || event.key === 'ArrowDown') this.#recall(event)
    })
    this.#stop.addEventListener('click', ({ detail: clicks }) => {
      // The second click of a double click was meant for the button that sends.
      if (clicks < 2) actions.stop()
    })
    document.addEventListener('keydown', event => {
      if (event.key === 'Escape' && this.#isAnswering && !isComposing(event) && !isClosing()) actions.stop()
    })
  }

  /** While an answer is on its way it can be stopped. The next question can be written, but not sent. */
  show(state: PageState): void {
    const hadFocus = document.activeElement === this.#stop
    const isBusy = isHeld(state)
    this.#isBusy = isBusy
    this.#isAnswering = isAnswering(state)
    this.#exchanges = state.exchanges
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

  /** Up and down go through the questions, if the cursor has no line to go to. */
  #recall(event: KeyboardEvent): void {
    const { value, selectionStart, selectionEnd } = this.#prompt
    if (selectionStart !== selectionEnd) return
    const beyond = event.key === 'ArrowUp' ? value.slice(0, selectionStart) : value.slice(selectionEnd)
    if (beyond.includes('\n')) return
    this.#history.set(this.#exchanges.map(({ prompt }) => prompt))
    const recalled = this.#history.recall(event.key, value)
    if (recalled === undefined) return
    event.preventDefault()
    this.#actions.edit(recalled)
    this.#prompt.setSelectionRange(recalled.length, recalled.length)
  }

  /** Makes the field as high as its text if the browser does not. */
  #fit(): void {
    if (CSS.supports('field-sizing', 'content')) return
    this.#prompt.style.height = 'auto'
    this.#prompt.style.height = `${this.#prompt.scrollHeight}px`
  }
}

/** Whether Escape closes something that is open above the page. */
function isClosing(): boolean {
  return document.querySelector(':popover-open, .is-editing :focus') !== null
}

/** Whether a key belongs to an input method that composes characters. Safari tells so only by the code 229. */
function isComposing({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === 229
}
