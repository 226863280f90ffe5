import type { Summary } from '../chat/conversations/conversations.js'
import { copyOf, find } from './element.js'

/** What a reader can do with a conversation in the list. */
export interface ItemActions {
  open(): void
  rename(title: string): void
  remove(title: string): void
}

/** Shows a conversation in the list. */
export class ConversationView {
  readonly element: HTMLElement
  readonly #open: HTMLButtonElement
  readonly #rename: HTMLButtonElement
  readonly #remove: HTMLButtonElement
  readonly #form: HTMLFormElement
  readonly #field: HTMLInputElement
  readonly #actions: ItemActions
  #title = ''

  constructor(template: HTMLTemplateElement, actions: ItemActions) {
    this.element = copyOf(template)
    this.#actions = actions
    this.#open = find('.open', this.element)
    this.#rename = find('.rename', this.element)
    this.#remove = find('.remove', this.element)
    this.#form = find('form', this.element)
    this.#field = find('input', this.element)
    this.#open.addEventListener('click', () => actions.open())
    this.#rename.addEventListener('click', () => this.#edit())
    this.#remove.addEventListener('click', () => actions.remove(this.#title))
    this.#form.addEventListener('submit', event => {
      event.preventDefault()
      this.#finish(true)
    })
    this.#field.addEventListener('keydown', event => {
      if (event.key !== 'Escape' || event.isComposing) return
      // It would close the list.
      event.preventDefault()
      this.#finish(false)
    })
    this.#field.addEventListener('blur', () => this.#toggle(false))
  }

  show({ title }: Summary, isCurrent: boolean): void {
    this.#title = title
    if (this.#open.textContent !== title) this.#open.textContent = title
    this.#rename.setAttribute('aria-label', `Rename “${title}”`)
    this.#remove.setAttribute('aria-label', `Delete “${title}”`)
    if (isCurrent) this.#open.setAttribute('aria-current', 'true')
    else this.#open.removeAttribute('aria-current')
  }

  #edit(): void {
    this.#toggle(true)
    this.#field.value = this.#title
    this.#field.select()
  }

  #finish(isSaved: boolean): void {
    const title = this.#field.value.trim()
    this.#toggle(false)
    this.#rename.focus()
    if (isSaved && title !== '' && title !== this.#title) this.#actions.rename(title)
  }

  #toggle(isEditing: boolean): void {
    for (const element of [this.#open, this.#rename, this.#remove]) element.hidden = isEditing
    this.#form.hidden = !isEditing
  }
}
