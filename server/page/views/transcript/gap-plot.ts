import { heightsOf, slotsOf, type TokenGaps } from '../../chat/token-gaps.js'

/** The width of a bar as a part of its slot, and its lowest height, which makes a gap of 0 ms visible. */
const WIDTH = 0.7
const MIN_HEIGHT = 0.04

/** Draws the gaps between tokens as one path of bars. */
export class GapPlot {
  readonly #svg: SVGSVGElement
  readonly #path: SVGPathElement

  constructor(svg: SVGSVGElement) {
    this.#svg = svg
    this.#path = svg.querySelector('path') as SVGPathElement
  }

  show(gaps: TokenGaps, description: string): void {
    const bars = heightsOf(gaps).map((height, i) => {
      const tall = Math.max(MIN_HEIGHT, height)
      return `M${i} 1v${-tall.toFixed(3)}h${WIDTH}v${tall.toFixed(3)}z`
    })
    this.#svg.setAttribute('viewBox', `0 0 ${slotsOf(gaps)} 1`)
    this.#svg.setAttribute('aria-label', description)
    this.#path.setAttribute('d', bars.join(''))
  }
}
