import { find } from '../element.js'
import { GrowingText } from './growing-text.js'

/** Shows what the model thinks. It is folded until the reader opens it. */
export class ReasoningView {
  readonly #element: HTMLElement
  readonly #text: GrowingText

  constructor(element: HTMLElement) {
    this.#element = element
    this.#text = new GrowingText(find('div', element))
  }

  show(reasoning = ''): void {
    this.#element.hidden = reasoning === ''
    this.#text.show(reasoning)
  }
}
