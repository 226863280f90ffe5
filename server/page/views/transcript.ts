import type { Exchange } from '../chat/conversation.js'
import type { PageState } from '../chat/store.js'
import { find } from './element.js'
import { type ExchangeActions, ExchangeView } from './exchange-view.js'

/** Shows the conversation, or a welcome if there is none. */
export class Transcript {
  readonly #element = find<HTMLElement>('#transcript')
  readonly #welcome = find<HTMLElement>('#welcome')
  readonly #template = find<HTMLTemplateElement>('#exchange')
  readonly #actions: ExchangeActions
  readonly #views: ExchangeView[] = []

  constructor(actions: ExchangeActions) {
    this.#actions = actions
  }

  show({ exchanges, wait }: PageState): void {
    if (exchanges.length < this.#views.length) this.#clear()
    this.#welcome.hidden = exchanges.length > 0
    // Besides new exchanges, only the one that was the last can have changed.
    for (let i = Math.max(0, this.#views.length - 1); i < exchanges.length; i++) {
      const isLast = i === exchanges.length - 1
      const state = { exchange: exchanges[i] as Exchange, wait: isLast ? wait : undefined, isLast }
      const view = this.#views[i]
      if (view === undefined) this.#add(new ExchangeView(this.#template, state, this.#actions))
      else view.show(state)
    }
  }

  #add(view: ExchangeView): void {
    this.#views.push(view)
    this.#element.append(view.element)
  }

  #clear(): void {
    this.#views.length = 0
    this.#element.replaceChildren()
  }
}
