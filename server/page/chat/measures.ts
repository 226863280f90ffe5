import { addGap, noGaps, type TokenGaps } from './token-gaps.js'

/** How an answer came in, as its reader saw it: reloads, outages and all. Times are milliseconds since 1970. */
export interface Measures {
  readonly askedAt: number
  readonly firstAt?: number
  readonly lastAt?: number
  readonly tokens: number
  readonly reconnects: number
  readonly gaps: TokenGaps
}

export function newMeasures(now: number): Measures {
  return { askedAt: now, tokens: 0, reconnects: 0, gaps: noGaps() }
}

export function addToken(measures: Measures, now: number): Measures {
  const { firstAt = now, lastAt, tokens, gaps } = measures
  return {
    ...measures,
    firstAt,
    lastAt: now,
    tokens: tokens + 1,
    gaps: lastAt === undefined ? gaps : addGap(gaps, Math.max(0, now - lastAt))
  }
}

/** Milliseconds. */
export function timeToFirstToken({ askedAt, firstAt }: Measures): number | undefined {
  return firstAt === undefined ? undefined : Math.max(0, firstAt - askedAt)
}

/** What came after the first token, by the time that it took. */
export function tokensPerSecond({ firstAt, lastAt, tokens }: Measures): number | undefined {
  if (firstAt === undefined || lastAt === undefined || lastAt <= firstAt) return undefined
  return (tokens - 1) / ((lastAt - firstAt) / 1000)
}

/** The time, which does not jump while the page is open. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}
