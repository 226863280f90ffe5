import type { Summary } from '../chat/conversations/conversations.js'
import type { PageState } from '../chat/conversations/store.js'
import { ConversationView } from './conversation-view.js'
import { find } from './element.js'

export interface ConversationActions {
  open(id: string): void
  rename(id: string, title: string): void
  remove(id: string): void
  /** Brings back what was deleted. */
  restore(id: string): void
}

/** Lists the conversations in this browser. */
export class ConversationsView {
  readonly #panel = find<HTMLElement>('#conversations')
  readonly #list = find<HTMLElement>('#conversations ul')
  readonly #none = find<HTMLElement>('#conversations .none')
  readonly #deleted = find<HTMLElement>('#conversations .deleted')
  readonly #undo = find<HTMLButtonElement>('#conversations .undo')
  readonly #template = find<HTMLTemplateElement>('#conversation')
  readonly #actions: ConversationActions
  readonly #views = new Map<string, ConversationView>()
  #summaries: readonly Summary[] = []
  #current: string | undefined
  #lastDeleted: string | undefined

  constructor(actions: ConversationActions) {
    this.#actions = actions
    this.#undo.addEventListener('click', () => this.#restore())
    this.#panel.addEventListener('toggle', () => {
      this.#deleted.hidden = true
    })
  }

  show({ summaries, id: current }: PageState): void {
    if (summaries === this.#summaries && current === this.#current) return
    this.#summaries = summaries
    this.#current = current
    const ids = new Set(summaries.map(({ id }) => id))
    for (const [id, view] of this.#views) {
      if (ids.has(id)) continue
      view.element.remove()
      this.#views.delete(id)
    }
    let before: Element | null = null
    for (const summary of summaries) {
      const view = this.#viewOf(summary)
      view.show(summary, summary.id === current)
      const place: Element | null = before === null ? this.#list.firstElementChild : before.nextElementSibling
      if (place !== view.element) this.#list.insertBefore(view.element, place)
      before = view.element
    }
    this.#none.hidden = summaries.length > 0
  }

  #viewOf({ id }: Summary): ConversationView {
    const known = this.#views.get(id)
    if (known !== undefined) return known
    const view = new ConversationView(this.#template, {
      open: () => {
        this.#panel.hidePopover()
        this.#actions.open(id)
      },
      rename: title => this.#actions.rename(id, title),
      remove: title => this.#remove(id, title)
    })
    this.#views.set(id, view)
    return view
  }

  #remove(id: string, title: string): void {
    this.#lastDeleted = id
    this.#actions.remove(id)
    find('span', this.#deleted).textContent = `Deleted “${title}”.`
    this.#deleted.hidden = false
    this.#undo.focus()
  }

  #restore(): void {
    if (this.#lastDeleted !== undefined) this.#actions.restore(this.#lastDeleted)
    this.#deleted.hidden = true
    this.#panel.focus()
  }
}
