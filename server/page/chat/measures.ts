import { addGap, noGaps, type TokenGaps } from './token-gaps.js'

/** How an answer arrived for its reader, with reloads and outages. Times are milliseconds since 1970. */
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

/** @returns milliseconds; `undefined` before the first token */
export function timeToFirstToken({ askedAt, firstAt }: Measures): number | undefined {
  return firstAt === undefined ? undefined : Math.max(0, firstAt - askedAt)
}

/** The rate after the first token. @returns `undefined` before the second token */
export function tokensPerSecond({ firstAt, lastAt, tokens }: Measures): number | undefined {
  if (firstAt === undefined || lastAt === undefined || lastAt <= firstAt) return undefined
  return (tokens - 1) / ((lastAt - firstAt) / 1000)
}

/** The time, which never jumps while the page is open. Milliseconds since 1970. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}
