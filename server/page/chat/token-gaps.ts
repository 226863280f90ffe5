/** How many bars the longest answer has. */
const MAX_BARS = 96

/** The top of the scale: so many times the usual pause, so that an outage does not make all others look like nothing. */
const TOP = 3
/** The least that it is. Milliseconds. */
const LEAST_TOP = 10

/** The gaps between the tokens of an answer, in a limited number of bars. A bar shows the longest of `perBar` gaps. */
export interface TokenGaps {
  /** Milliseconds. */
  readonly bars: readonly number[]
  readonly perBar: number
  /** How many gaps the last bar stands for so far. */
  readonly inLast: number
  /** Milliseconds. */
  readonly longest: number
}

export function noGaps(): TokenGaps {
  return { bars: [], perBar: 1, inLast: 1, longest: 0 }
}

export function addGap(gaps: TokenGaps, milliseconds: number): TokenGaps {
  const longest = Math.max(gaps.longest, milliseconds)
  const { bars, perBar, inLast } = gaps
  if (inLast < perBar) {
    const last = Math.max(bars.at(-1) as number, milliseconds)
    return { bars: bars.with(-1, last), perBar, inLast: inLast + 1, longest }
  }
  if (bars.length < MAX_BARS) return { bars: [...bars, milliseconds], perBar, inLast: 1, longest }
  return { bars: [...halved(bars), milliseconds], perBar: perBar * 2, inLast: 1, longest }
}

/** Joins each two bars to one. */
function halved(bars: readonly number[]): number[] {
  return Array.from({ length: bars.length / 2 }, (_, i) => Math.max(...bars.slice(2 * i, 2 * i + 2)))
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
