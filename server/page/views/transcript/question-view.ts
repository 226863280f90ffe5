import { find } from '../element.js'

/** Shows a question, which can be asked again in other words. */
export class QuestionView {
  readonly #element: HTMLElement
  readonly #prompt: HTMLElement
  readonly #edit: HTMLButtonElement
  readonly #form: HTMLFormElement
  readonly #field: HTMLTextAreaElement

  /** @param ask called with the question in other words */
  constructor(element: HTMLElement, ask: (prompt: string) => void) {
    this.#element = element
    this.#prompt = find('.prompt', element)
    this.#edit = find('.edit', element)
    this.#form = find('.edit-form', element)
    this.#field = find('textarea', element)
    const submit = () => {
      const prompt = this.#field.value.trim()
      this.#close()
      if (prompt !== '' && prompt !== this.#prompt.textContent) ask(prompt)
    }
    this.#edit.addEventListener('click', () => this.#open())
    find('.cancel-edit', element).addEventListener('click', () => this.#close())
    this.#form.addEventListener('submit', event => {
      event.preventDefault()
      submit()
    })
    this.#field.addEventListener('keydown', event => {
      if (event.isComposing || event.keyCode === 229) return
      if (event.key === 'Escape') this.#close()
      if (event.key !== 'Enter' || event.shiftKey) return
      event.preventDefault()
      submit()
    })
  }

  show(prompt: string): void {
    if (this.#prompt.textContent !== prompt) this.#prompt.textContent = prompt
  }

  #open(): void {
    this.#toggle(true)
    this.#field.value = this.#prompt.textContent ?? ''
    this.#field.focus()
    this.#field.setSelectionRange(this.#field.value.length, this.#field.value.length)
  }

  #close(): void {
    this.#toggle(false)
    this.#edit.focus()
  }

  #toggle(isEditing: boolean): void {
    this.#element.classList.toggle('is-editing', isEditing)
    this.#prompt.hidden = isEditing
    this.#edit.hidden = isEditing
    this.#form.hidden = !isEditing
  }
}
