import type { Chat } from './chat.js'
import type { Exchange } from './conversation.js'
import { find } from './element.js'
import { type ExchangeActions, ExchangeView } from './exchange-view.js'

/** The conversation as it is read, or a welcome where there is none. */
export class Transcript {
  readonly #element = find<HTMLElement>('#transcript')
  readonly #welcome = find<HTMLElement>('#welcome')
  readonly #template = find<HTMLTemplateElement>('#exchange')
  readonly #actions: ExchangeActions
  readonly #views = new Map<Exchange, ExchangeView>()
  #last: ExchangeView | undefined

  constructor(actions: ExchangeActions) {
    this.#actions = actions
  }

  /** Shows what is new of an exchange, which itself may be new. */
  show(exchange: Exchange, chat: Chat): void {
    const view = this.#views.get(exchange)
    if (view === undefined) this.#add(exchange, chat)
    else view.changed()
  }

  clear(): void {
    this.#views.clear()
    this.#last = undefined
    this.#element.replaceChildren()
    this.#welcome.hidden = false
  }

  #add(exchange: Exchange, chat: Chat): void {
    const answering = () => (chat.exchanges.at(-1) === exchange ? chat.answering : undefined)
    const view = new ExchangeView(this.#template, exchange, answering, this.#actions)
    this.#views.set(exchange, view)
    this.#last?.retire()
    this.#last = view
    this.#welcome.hidden = true
    this.#element.append(view.element)
  }
}
