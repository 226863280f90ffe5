/** How many bars the longest answer has at most. */
const MAX_BARS = 96

/** The top of the scale as a multiple of the median gap. A single outage does not flatten all other bars. */
const TOP = 3
/** The lowest top of the scale. Milliseconds. */
const MIN_TOP = 10

/** The gaps between the tokens of an answer, in a limited number of bars. A bar shows the longest of `perBar` gaps. */
export interface TokenGaps {
  /** Milliseconds. */
  readonly bars: readonly number[]
  readonly perBar: number
  /** How many gaps the last bar shows so far. */
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

/** Merges each pair of bars. */
function halved(bars: readonly number[]): number[] {
  return Array.from({ length: bars.length / 2 }, (_, i) => Math.max(...bars.slice(2 * i, 2 * i + 2)))
}

/** How many bars the plot has room for. A short answer gets wider bars. */
export function slotsOf({ bars }: TokenGaps): number {
  return bars.length > MAX_BARS / 2 ? MAX_BARS : MAX_BARS / 2
}

/** The heights of the bars, from 0 to 1. A gap beyond the top of the scale has the height 1. */
export function heightsOf({ bars, longest }: TokenGaps): number[] {
  const median = bars.toSorted((a, b) => a - b)[bars.length >> 1] ?? 0
  const top = Math.max(MIN_TOP, Math.min(longest, TOP * median))
  return bars.map(bar => Math.min(1, bar / top))
}
