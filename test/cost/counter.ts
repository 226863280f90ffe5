import type { Span } from './source.js'

/** What is counted, and how many of each a token took. */
export type Cost = Readonly<Record<string, number>>

/** Counts what a span takes. */
export interface Counter extends Span {
  /** What was counted in the span. */
  counts(): Cost
}
