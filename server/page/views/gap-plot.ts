import { heightsOf, slotsOf, type TokenGaps } from '../chat/token-gaps.js'

/** How much of its slot a bar takes, and the least of the height, so that a pause of nothing is a bar too. */
const WIDTH = 0.7
const LEAST = 0.04

/** Draws the pauses between tokens, as one path of as many bars as there can be at most. */
export class GapPlot {
  readonly #svg: SVGSVGElement
  readonly #path: SVGPathElement

  constructor(svg: SVGSVGElement) {
    this.#svg = svg
    this.#path = svg.querySelector('path') as SVGPathElement
  }

  show(gaps: TokenGaps, description: string): void {
    const bars = heightsOf(gaps).map((height, i) => {
      const tall = Math.max(LEAST, height)
      return `M${i} 1v${-tall.toFixed(3)}h${WIDTH}v${tall.toFixed(3)}z`
    })
    this.#svg.setAttribute('viewBox', `0 0 ${slotsOf(gaps)} 1`)
    this.#svg.setAttribute('aria-label', description)
    this.#path.setAttribute('d', bars.join(''))
  }
}
