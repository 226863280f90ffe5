import { type Measures, timeToFirstToken, tokensPerSecond } from '../../chat/measures.js'
import { find, write } from '../element.js'
import { GapPlot } from './gap-plot.js'

/** The shortest time between changes of the figures, so that they can be read. Milliseconds. */
const INTERVAL = 250

/** Shows how an answer arrives. */
export class MeasuresView {
  readonly #firstToken: HTMLElement
  readonly #tokensPerSecond: HTMLElement
  readonly #reconnects: HTMLElement
  readonly #longest: HTMLElement
  readonly #plot: GapPlot
  #shownAt = Number.NEGATIVE_INFINITY

  constructor(element: HTMLElement) {
    this.#firstToken = find('.first-token', element)
    this.#tokensPerSecond = find('.tokens-per-second', element)
    this.#reconnects = find('.reconnects', element)
    this.#longest = find('.longest', element)
    this.#plot = new GapPlot(find('svg', element))
  }

  /** @param isLast whether the measures are final, and must be shown now */
  show(measures: Measures, isLast: boolean): void {
    const now = performance.now()
    if (!isLast && now < this.#shownAt + INTERVAL) return
    this.#shownAt = now
    const { gaps, reconnects } = measures
    const longest = gaps.bars.length > 0 ? `longest ${inUnits(gaps.longest)}` : ''
    write(this.#firstToken, inUnits(timeToFirstToken(measures)))
    write(this.#tokensPerSecond, rounded(tokensPerSecond(measures)))
    write(this.#reconnects, String(reconnects))
    write(this.#longest, longest)
    this.#plot.show(gaps, longest || 'none yet')
  }
}

function inUnits(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '–'
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(2)} s`
}

function rounded(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(value < 10 ? 1 : 0)
}
