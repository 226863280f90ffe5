import type { ContenderName } from './contenders.js'
import type { Load } from './load.js'
import type { BenchServer } from './server.js'

/** What one round has measured of one server, by the key of a column. */
export type Sample = Readonly<Record<string, number>>

/** A kind of work that servers are measured at. A work is a file in `works/`. */
export interface Scenario {
  readonly name: string
  /** What it does, and what that shows. One sentence, Markdown. */
  readonly about: string
  readonly rivals: readonly ContenderName[]
  /** How many rounds count. One more, which does not, comes first. */
  readonly rounds: number
  /** Whether each round has a server of its own: memory that was once taken is seldom given back. */
  readonly fresh?: boolean
  /** The path of a whole answer, by which each server is checked once. */
  readonly answer?: string
  /** Whether the servers ask the upstream for the tokens. */
  readonly upstream?: boolean
  /** Whether the servers need a Redis. */
  readonly redis?: boolean
  /** The first one is what the ratio to ours is of. */
  readonly columns: readonly Column[]
  readonly goals: readonly Goal[]
  measure(round: Round): Promise<Sample>
}

export interface Column {
  readonly key: string
  readonly heading: string
  readonly digits: number
}

export interface Round {
  readonly server: BenchServer
  readonly load: Load
  /** The share of the full size, above 0 and at most 1, that streams and times are to have. */
  readonly effort: number
}

/** What is to be reached: a figure, or its ratio to that of somebody else. */
export interface Goal {
  readonly what: string
  readonly of: ContenderName
  /** Of several it is the one with the lowest figure. */
  readonly to?: readonly ContenderName[]
  readonly key: string
  readonly atMost: number
}

/** A number of streams or milliseconds, made as small as the effort. */
export function share(full: number, effort: number): number {
  return Math.max(1, Math.round(full * effort))
}

/** What the server has used of its core while something was done. Seconds. */
export async function cpuOf<T>(server: BenchServer, act: () => Promise<T>): Promise<[seconds: number, result: T]> {
  const before = server.cpu()
  const result = await act()
  return [server.cpu() - before, result]
}
