import type { Answering } from './answering.js'
import type { Answer, Exchange } from './conversation.js'
import { find } from './element.js'
import type { Wait } from './failure.js'
import { Frame } from './frame.js'
import { GrowingText } from './growing-text.js'
import { now } from './measures.js'
import { MeasuresView } from './measures-view.js'
import { outcomeOf } from './outcome.js'

/** How often a countdown is shown anew. Milliseconds. */
const TICK = 250

/** What a reader can do with an exchange. */
export interface ExchangeActions {
  /** Has the question answered again, or tries the connection again. */
  again(): void
  copy(text: string): void
  /** A button that had the focus is gone. */
  refocus(): void
}

/** One question and its answer, painted from what the conversation has of them. Model output only ever is text. */
export class ExchangeView {
  readonly element: HTMLElement
  readonly #exchange: Exchange
  readonly #answering: () => Answering | undefined
  readonly #actions: ExchangeActions
  readonly #frame = new Frame(() => this.#paint())
  readonly #answer: HTMLElement
  readonly #text: GrowingText
  readonly #measures: MeasuresView
  readonly #outcome: HTMLElement
  readonly #words: HTMLElement
  readonly #again: HTMLButtonElement
  readonly #copy: HTMLButtonElement
  #isLast = true
  /** As they are shown. */
  #state: Answer['state'] | undefined
  #wait: Wait | undefined
  #tick: ReturnType<typeof setTimeout> | undefined

  /** @param answering what the answer is on its way with, while it is */
  constructor(
    template: HTMLTemplateElement,
    exchange: Exchange,
    answering: () => Answering | undefined,
    actions: ExchangeActions
  ) {
    this.element = (template.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement
    this.#exchange = exchange
    this.#answering = answering
    this.#actions = actions
    this.#answer = find('.answer', this.element)
    this.#text = new GrowingText(find('.text', this.element))
    this.#measures = new MeasuresView(find('.measures', this.element))
    this.#outcome = find('.outcome', this.element)
    this.#words = find('.words', this.element)
    this.#again = find('.again', this.element)
    this.#copy = find('.copy', this.element)
    find('.prompt', this.element).textContent = exchange.prompt
    this.#again.addEventListener('click', () => actions.again())
    this.#copy.addEventListener('click', () => actions.copy(this.#exchange.answer.text))
    this.#paint()
  }

  /** Something of it is new. What can be done about it is shown at once, its text with the next frame. */
  changed(): void {
    const { answer } = this.#exchange
    if (answer.state !== this.#state || this.#answering()?.wait !== this.#wait) this.#paint()
    else this.#frame.ask()
  }

  /** Another one follows: nothing is to be done about this one any more. */
  retire(): void {
    this.#isLast = false
    this.#frame.ask()
  }

  #paint(): void {
    const { answer } = this.#exchange
    const answering = this.#answering()
    const wait = answering?.wait
    const isRunning = answer.state === 'running'
    this.#state = answer.state
    this.#wait = wait
    this.#answer.setAttribute('aria-busy', String(isRunning))
    this.#text.show(answer.text)
    this.#measures.show(answer.measures, !isRunning)
    const outcome = outcomeOf(answer, wait, now())
    this.#outcome.classList.toggle('is-alarm', outcome?.isAlarm === true)
    write(this.#words, outcome?.words)
    const hadFocus = document.activeElement === this.#again
    write(this.#again, this.#isLast ? outcome?.button : undefined)
    if (hadFocus && this.#again.hidden) this.#actions.refocus()
    // Browsers let a page write to the clipboard only where it came by TLS, or from the same machine.
    this.#copy.hidden = isRunning || answer.text === '' || navigator.clipboard === undefined
    clearTimeout(this.#tick)
    if (wait !== undefined) this.#tick = setTimeout(() => this.#frame.ask(), TICK)
  }
}

function write(element: HTMLElement, text: string | undefined): void {
  element.hidden = text === undefined
  if (text !== undefined && element.textContent !== text) element.textContent = text
}
