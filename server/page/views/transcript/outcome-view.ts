import { now } from '../../chat/measures.js'
import { outcomeOf } from '../../chat/outcome.js'
import { find, write } from '../element.js'
import type { ExchangeActions, ExchangeState } from './exchange.js'

/** Shows how an answer ended, and what the reader can do with it. */
export class OutcomeView {
  readonly #element: HTMLElement
  readonly #actions: ExchangeActions
  readonly #words: HTMLElement
  readonly #again: HTMLButtonElement
  readonly #other: HTMLButtonElement
  readonly #regenerate: HTMLButtonElement
  readonly #copy: HTMLButtonElement
  #text = ''

  constructor(element: HTMLElement, actions: ExchangeActions) {
    this.#element = element
    this.#actions = actions
    this.#words = find('.words', element)
    this.#again = find('.again', element)
    this.#other = find('.other', element)
    this.#regenerate = find('.regenerate', element)
    this.#copy = find('.copy', element)
    this.#again.addEventListener('click', () => actions.again())
    this.#other.addEventListener('click', () => {
      if (this.#other.textContent === 'Cancel') actions.giveUp()
      else actions.extend()
    })
    this.#regenerate.addEventListener('click', () => actions.regenerate())
    this.#copy.addEventListener('click', () => actions.copy(this.#text))
  }

  show({ exchange: { answer }, wait, isLast }: ExchangeState): void {
    const isRunning = answer.state === 'running'
    const hadFocus = this.#element.contains(document.activeElement) ? document.activeElement : null
    const outcome = outcomeOf(answer, wait, now())
    this.#text = answer.text
    this.#element.classList.toggle('is-alarm', outcome?.isAlarm === true)
    write(this.#words, outcome?.words)
    write(this.#again, isLast ? outcome?.button : undefined)
    write(this.#other, isLast ? outcome?.other : undefined)
    this.#regenerate.hidden = !isLast || isRunning || outcome?.button !== undefined
    // Browsers let a page write to the clipboard only if it came over TLS or from the same machine.
    this.#copy.hidden = isRunning || answer.text === '' || navigator.clipboard === undefined
    if (hadFocus instanceof HTMLElement && hadFocus.hidden) this.#actions.refocus()
  }
}
