import type { ContenderName } from './contenders.js'
import type { Load } from './load.js'
import type { BenchRequest } from './request.js'
import type { BenchServer } from './server.js'

/** What one round measured of one server, by the key of a column. */
export type Sample = Readonly<Record<string, number>>

/** A workload that contenders are compared on. Each is a file in `scenarios/`. */
export interface Scenario {
  readonly name: string
  /** What happens, and what that shows. Markdown. */
  readonly about: string
  /** Who takes part. The tables compare the others with the first one. */
  readonly contenders: readonly ContenderName[]
  /** Whether each round starts new servers, because processes rarely return memory. Then there is no warm-up round. */
  readonly fresh?: boolean
  /** Asks for an answer that ends. Every server must pass a check of it once. */
  readonly answer?: BenchRequest
  /** Whether the servers fetch their tokens from the upstream server. */
  readonly upstream?: boolean
  /** Whether the servers need Redis. */
  readonly redis?: boolean
  /** Whether the servers speak HTTP/2, over TLS as browsers do. */
  readonly h2?: boolean
  /** The tables show ratios of the first column. */
  readonly columns: readonly Column[]
  readonly goals: readonly Goal[]
  measure(round: Round): Promise<Sample>
}

/** The number of rounds that count, unless the command line says otherwise. A warm-up round precedes them. */
export const ROUNDS = 7

export interface Column {
  readonly key: string
  readonly heading: string
  readonly digits: number
}

export interface Round {
  readonly server: BenchServer
  readonly load: Load
  /** Asks this server for an answer that ends. Given if the scenario has one. */
  readonly answer: BenchRequest | undefined
  /** The share of the full number of streams and the full duration: above 0, at most 1. */
  readonly effort: number
}

/** An upper limit for a figure, or for its ratio to the figure of another contender. */
export interface Goal {
  readonly what: string
  readonly of: ContenderName
  /** Whom to compare with: of several contenders, the one with the lowest figure. */
  readonly to?: readonly ContenderName[]
  readonly key: string
  readonly atMost: number
}

/** Scales a number of streams or milliseconds down to the effort. */
export function share(full: number, effort: number): number {
  return Math.max(1, Math.round(full * effort))
}

/** Runs something, and measures the CPU time that the server uses meanwhile. Seconds. */
export async function cpuOf<T>(server: BenchServer, act: () => Promise<T>): Promise<[seconds: number, result: T]> {
  const before = server.cpu()
  const result = await act()
  return [server.cpu() - before, result]
}
