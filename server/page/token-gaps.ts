/** How many bars the longest answer has. */
const MAX_BARS = 96

/** The top of the scale: so many times the usual pause, so that an outage does not make all others look like nothing. */
const TOP = 3
/** The least that it is. Milliseconds. */
const LEAST_TOP = 10

/** The pauses between the tokens of an answer, in a fixed number of bars: each stands for `perBar` pauses, and is the longest of them. */
export interface TokenGaps {
  /** Milliseconds. */
  readonly bars: number[]
  perBar: number
  /** How many the last bar has so far. */
  inLast: number
  /** Milliseconds. */
  longest: number
}

export function noGaps(): TokenGaps {
  return { bars: [], perBar: 1, inLast: 1, longest: 0 }
}

export function addGap(gaps: TokenGaps, milliseconds: number): void {
  const { bars } = gaps
  gaps.longest = Math.max(gaps.longest, milliseconds)
  if (gaps.inLast < gaps.perBar) {
    gaps.inLast++
    bars.push(Math.max(bars.pop() as number, milliseconds))
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
export function slotsOf({ bars }: TokenGaps): number {
  return bars.length > MAX_BARS / 2 ? MAX_BARS : MAX_BARS / 2
}

/** The heights of the bars, from 0 to 1: the top of the scale, or beyond. */
export function heightsOf({ bars, longest }: TokenGaps): number[] {
  const usual = bars.toSorted((a, b) => a - b)[bars.length >> 1] ?? 0
  const top = Math.max(LEAST_TOP, Math.min(longest, TOP * usual))
  return bars.map(bar => Math.min(1, bar / top))
}
