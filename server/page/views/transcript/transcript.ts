import type { Exchange } from '../../chat/conversations/conversation.js'
import type { PageState } from '../../chat/conversations/store.js'
import { COPY_CODE } from '../../markdown/code.js'
import { find } from '../element.js'
import type { ExchangeActions } from './exchange.js'
import { ExchangeView } from './exchange-view.js'

/** Shows the conversation, or a welcome if there is none. */
export class Transcript {
  readonly #element = find<HTMLElement>('#transcript')
  readonly #welcome = find<HTMLElement>('#welcome')
  readonly #template = find<HTMLTemplateElement>('#exchange')
  readonly #actions: ExchangeActions
  readonly #views: ExchangeView[] = []
  #id: string | undefined

  constructor(actions: ExchangeActions) {
    this.#actions = actions
    this.#element.addEventListener('click', ({ target }) => {
      const code = target instanceof Element && target.closest(`.${COPY_CODE}`)?.closest('.code')?.querySelector('code')
      if (code) actions.copy(code.textContent ?? '')
    })
  }

  show({ id, exchanges, wait }: PageState): void {
    this.#shorten(id === this.#id ? exchanges.length : 0)
    this.#id = id
    this.#welcome.hidden = exchanges.length > 0
    for (const [i, exchange] of exchanges.entries()) this.#showOne(i, exchange, exchanges.length, wait)
  }

  #showOne(index: number, exchange: Exchange, length: number, wait: PageState['wait']): void {
    const isLast = index === length - 1
    const state = { exchange, wait: isLast ? wait : undefined, isLast }
    const view = this.#views[index]
    if (view !== undefined) {
      view.show(state)
      return
    }
    const added = new ExchangeView(this.#template, index, state, this.#actions)
    this.#views.push(added)
    this.#element.append(added.element)
  }

  #shorten(length: number): void {
    for (const view of this.#views.splice(length)) {
      view.close()
      view.element.remove()
    }
  }
}
