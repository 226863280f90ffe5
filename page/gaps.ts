/** How many bars the longest answer has. */
const MAX_BARS = 96

/** From how long on a pause may be the tallest bar. Milliseconds. */
const TALL = 100

/** The pauses between the tokens of an answer, in a fixed number of bars: each stands for `perBar` pauses, and is the longest of them. */
export interface Gaps {
  /** Milliseconds. */
  readonly bars: number[]
  perBar: number
  /** How many the last bar has so far. */
  inLast: number
  /** Milliseconds. */
  longest: number
}

export function noGaps(): Gaps {
  return { bars: [], perBar: 1, inLast: 1, longest: 0 }
}

export function addGap(gaps: Gaps, milliseconds: number): void {
  const { bars } = gaps
  gaps.longest = Math.max(gaps.longest, milliseconds)
  if (gaps.inLast < gaps.perBar) {
    gaps.inLast++
    bars.push(Math.max(bars.pop() ?? 0, milliseconds))
    return
  }
  if (bars.length === MAX_BARS) {
    for (let i = 0; i < MAX_BARS / 2; i++) bars[i] = Math.max(...bars.slice(2 * i, 2 * i + 2))
    bars.length = MAX_BARS / 2
    gaps.perBar *= 2
  }
  bars.push(milliseconds)
  gaps.inLast = 1
}

/** How many bars there is room for. An answer that has just begun takes up more than a corner. */
export function slotsOf({ bars }: Gaps): number {
  return bars.length > MAX_BARS / 2 ? MAX_BARS : MAX_BARS / 2
}

/** The heights of the bars, from 0 to 1, on a scale that shows the jitter of a model beside an outage. */
export function heightsOf({ bars, longest }: Gaps): number[] {
  const tallest = Math.max(longest, TALL)
  return bars.map(bar => Math.sqrt(bar / tallest))
}
