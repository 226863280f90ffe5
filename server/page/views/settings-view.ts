import type { PageState } from '../chat/conversations/store.js'
import type { Settings } from '../chat/settings.js'
import { find } from './element.js'

/** Shows which model answers, and lets the reader choose it, how freely it answers, and at what length. */
export class SettingsView {
  readonly #name = find<HTMLElement>('#model-name')
  readonly #choice = find<HTMLElement>('#settings .choice')
  readonly #model = find<HTMLSelectElement>('#model')
  readonly #temperature = find<HTMLInputElement>('#temperature')
  readonly #maxTokens = find<HTMLInputElement>('#max-tokens')
  #models: readonly string[] = []
  #settings: Settings | undefined

  /** @param choose called with what the reader has chosen */
  constructor(choose: (settings: Settings) => void) {
    const form = find<HTMLFormElement>('#settings')
    form.addEventListener('submit', event => {
      event.preventDefault()
      form.hidePopover()
    })
    form.addEventListener('change', () => {
      choose({
        model: this.#model.value || undefined,
        temperature: numberIn(this.#temperature),
        maxTokens: numberIn(this.#maxTokens)
      })
    })
  }

  show({ models, settings }: PageState): void {
    if (models === this.#models && settings === this.#settings) return
    this.#settings = settings
    if (models !== this.#models) {
      this.#models = models
      this.#model.replaceChildren(...models.map(model => new Option(model, model)))
    }
    const model = models.find(each => each === settings.model) ?? models[0]
    this.#model.value = model ?? ''
    this.#choice.hidden = models.length < 2
    const name = model ?? 'Settings'
    if (this.#name.textContent !== name) this.#name.textContent = name
    fill(this.#temperature, settings.temperature)
    fill(this.#maxTokens, settings.maxTokens)
  }
}

/** The number in a field. @returns `undefined` for none, and for what the field does not take */
function numberIn(field: HTMLInputElement): number | undefined {
  return field.value !== '' && field.checkValidity() ? field.valueAsNumber : undefined
}

/** A field that the reader is writing in is left alone. */
function fill(field: HTMLInputElement, value: number | undefined): void {
  if (field !== document.activeElement) field.value = value === undefined ? '' : String(value)
}
