import { copyOf, find } from '../element.js'
import { NextFrame } from '../next-frame.js'
import type { ExchangeActions, ExchangeState } from './exchange.js'
import { MarkdownView } from './markdown-view.js'
import { MeasuresView } from './measures-view.js'
import { OutcomeView } from './outcome-view.js'
import { QuestionView } from './question-view.js'
import { ReasoningView } from './reasoning-view.js'
import { ToolCallsView } from './tool-calls-view.js'

/** How often a countdown is updated. Milliseconds. */
const TICK = 250

/** Shows a question and its answer. */
export class ExchangeView {
  readonly element: HTMLElement
  readonly #frame = new NextFrame(() => this.#paint())
  readonly #answer: HTMLElement
  readonly #question: QuestionView
  readonly #reasoning: ReasoningView
  readonly #text: MarkdownView
  readonly #toolCalls: ToolCallsView
  readonly #measures: MeasuresView
  readonly #outcome: OutcomeView
  #state: ExchangeState
  #tick: ReturnType<typeof setTimeout> | undefined

  constructor(template: HTMLTemplateElement, index: number, state: ExchangeState, actions: ExchangeActions) {
    this.element = copyOf(template)
    this.#state = state
    this.#answer = find('.answer', this.element)
    this.#question = new QuestionView(find('.question', this.element), prompt => actions.edit(index, prompt))
    this.#reasoning = new ReasoningView(find('.reasoning', this.element))
    this.#text = new MarkdownView(find('.text', this.element))
    this.#toolCalls = new ToolCallsView(find('.tool-calls', this.element))
    this.#measures = new MeasuresView(find('.measures', this.element))
    this.#outcome = new OutcomeView(find('.outcome', this.element), actions)
    this.#paint()
  }

  /** Shows at once what the reader can do, and the text with the next frame. */
  show(state: ExchangeState): void {
    const { exchange, wait, isLast } = this.#state
    if (state.exchange === exchange && state.wait === wait && state.isLast === isLast) return
    this.#state = state
    if (state.exchange.answer.state !== exchange.answer.state || state.wait !== wait) this.#paint()
    else this.#frame.request()
  }

  /** Lets go of what would run on. */
  close(): void {
    clearTimeout(this.#tick)
  }

  #paint(): void {
    const { exchange, wait } = this.#state
    const { prompt, answer } = exchange
    const isRunning = answer.state === 'running'
    this.#answer.setAttribute('aria-busy', String(isRunning))
    this.#question.show(prompt)
    this.#reasoning.show(answer.reasoning)
    this.#text.show(answer.text, isRunning)
    this.#toolCalls.show(answer.toolCalls)
    this.#measures.show(answer.measures, !isRunning)
    this.#outcome.show(this.#state)
    clearTimeout(this.#tick)
    if (wait !== undefined) this.#tick = setTimeout(() => this.#frame.request(), TICK)
  }
}
