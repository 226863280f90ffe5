import type { Exchange } from '../chat/conversation.js'
import type { Wait } from '../chat/failure.js'
import { now } from '../chat/measures.js'
import { outcomeOf } from '../chat/outcome.js'
import { find } from './element.js'
import { GrowingText } from './growing-text.js'
import { MeasuresView } from './measures-view.js'
import { NextFrame } from './next-frame.js'
import { ReasoningView } from './reasoning-view.js'
import { ToolCallsView } from './tool-calls-view.js'

/** How often a countdown is updated. Milliseconds. */
const TICK = 250

/** What an exchange view shows. */
export interface ExchangeState {
  readonly exchange: Exchange
  /** What the answer waits for while it has no connection. */
  readonly wait: Wait | undefined
  /** Only the last exchange has a button to ask again. */
  readonly isLast: boolean
}

/** What a reader can do with an exchange. */
export interface ExchangeActions {
  /** Asks again, or tries the connection again. */
  again(): void
  copy(text: string): void
  /** A button that had the focus is gone. */
  refocus(): void
}

/** Shows a question and its answer. What a model says is only ever text. */
export class ExchangeView {
  readonly element: HTMLElement
  readonly #actions: ExchangeActions
  readonly #frame = new NextFrame(() => this.#paint())
  readonly #answer: HTMLElement
  readonly #reasoning: ReasoningView
  readonly #text: GrowingText
  readonly #toolCalls: ToolCallsView
  readonly #measures: MeasuresView
  readonly #outcome: HTMLElement
  readonly #words: HTMLElement
  readonly #again: HTMLButtonElement
  readonly #copy: HTMLButtonElement
  #state: ExchangeState
  #tick: ReturnType<typeof setTimeout> | undefined

  constructor(template: HTMLTemplateElement, state: ExchangeState, actions: ExchangeActions) {
    this.element = (template.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement
    this.#state = state
    this.#actions = actions
    this.#answer = find('.answer', this.element)
    this.#reasoning = new ReasoningView(find('.reasoning', this.element))
    this.#text = new GrowingText(find('.text', this.element))
    this.#toolCalls = new ToolCallsView(find('.tool-calls', this.element))
    this.#measures = new MeasuresView(find('.measures', this.element))
    this.#outcome = find('.outcome', this.element)
    this.#words = find('.words', this.element)
    this.#again = find('.again', this.element)
    this.#copy = find('.copy', this.element)
    find('.prompt', this.element).textContent = state.exchange.prompt
    this.#again.addEventListener('click', () => actions.again())
    this.#copy.addEventListener('click', () => actions.copy(this.#state.exchange.answer.text))
    this.#paint()
  }

  /** Shows at once what the reader can do, and the text with the next frame. */
  show(state: ExchangeState): void {
    const { exchange, wait } = this.#state
    this.#state = state
    if (state.exchange.answer.state !== exchange.answer.state || state.wait !== wait) this.#paint()
    else this.#frame.request()
  }

  #paint(): void {
    const { exchange, wait, isLast } = this.#state
    const { answer } = exchange
    const isRunning = answer.state === 'running'
    this.#answer.setAttribute('aria-busy', String(isRunning))
    this.#reasoning.show(answer.reasoning)
    this.#text.show(answer.text)
    this.#toolCalls.show(answer.toolCalls)
    this.#measures.show(answer.measures, !isRunning)
    const outcome = outcomeOf(answer, wait, now())
    this.#outcome.classList.toggle('is-alarm', outcome?.isAlarm === true)
    write(this.#words, outcome?.words)
    const hadFocus = document.activeElement === this.#again
    write(this.#again, isLast ? outcome?.button : undefined)
    if (hadFocus && this.#again.hidden) this.#actions.refocus()
    // Browsers let a page write to the clipboard only if it came over TLS or from the same machine.
    this.#copy.hidden = isRunning || answer.text === '' || navigator.clipboard === undefined
    clearTimeout(this.#tick)
    if (wait !== undefined) this.#tick = setTimeout(() => this.#frame.request(), TICK)
  }
}

function write(element: HTMLElement, text: string | undefined): void {
  element.hidden = text === undefined
  if (text !== undefined && element.textContent !== text) element.textContent = text
}
