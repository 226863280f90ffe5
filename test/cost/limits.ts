import type { Cost } from './counter.js'
import type { Kind } from './measure.js'
import type { Pace } from './source.js'

/** What a token cost when this was last looked at, and the most that it may cost. */
export interface Limit {
  readonly was: number
  readonly atMost: number
}

/** Calls of `write`, writes to the network, promises, ticks, timers and immediates. */
const calls: Readonly<Record<Kind, Readonly<Record<Pace, Cost>>>> = {
  plain: {
    hot: { calls: 0.0078, writes: 0.00098, promises: 0.00196, ticks: 0.00293, timers: 0, immediates: 0.00196 },
    paced: { calls: 1, writes: 1, promises: 0, ticks: 1, timers: 0, immediates: 1 }
  },
  resumable: {
    hot: { calls: 0.01176, writes: 0.00196, promises: 0.00588, ticks: 0.00588, timers: 0, immediates: 0.00196 },
    paced: { calls: 1, writes: 1, promises: 2, ticks: 2, timers: 0, immediates: 1 }
  }
}

/** Bytes, by the major version of Node. */
const bytes: Readonly<Record<Kind, Readonly<Record<Pace, Readonly<Record<number, number>>>>>> = {
  plain: {
    hot: { 20: 191, 22: 192, 24: 193, 26: 192 },
    paced: { 20: 1104, 22: 1152, 24: 888, 26: 736 }
  },
  resumable: {
    hot: { 20: 357, 22: 360, 24: 380, 26: 383 },
    paced: { 20: 2201, 22: 2441, 24: 2009, 26: 1658 }
  }
}

/** By how much counts may grow. */
const GROWTH: Readonly<Record<Pace, (was: number) => number>> = {
  // Half of the smallest object. Next to nothing of it is Node's own.
  hot: was => was + 16,
  // Most of it is what Node allocates for a write, which may differ from one release to the next.
  paced: was => was * 1.05
}

/** What a stream takes as a whole, such as its timers, shared among its tokens. */
const SHARE = 0.0005

/** @param version of Node; for a major version that is not recorded, the last one that is counts */
export function limits(kind: Kind, pace: Pace, version = process.versions.node): Record<string, Limit> {
  const recorded = Object.entries(bytes[kind][pace])
  const [, was] = recorded.findLast(([major]) => Number(major) <= Number.parseInt(version, 10)) ?? []
  if (was === undefined) throw new Error(`nothing is recorded for Node ${version}`)
  const ofCalls = Object.entries(calls[kind][pace]).map(([name, was]) => [
    name,
    { was, atMost: Math.max(was * 1.1, was + SHARE) }
  ])
  return { ...Object.fromEntries(ofCalls), bytes: { was, atMost: GROWTH[pace](was) } }
}

/** Which counts have grown, and by how much. */
export function grown(cost: Cost, limits: Readonly<Record<string, Limit>>): string[] {
  return Object.entries(cost).flatMap(([name, count]) => {
    const limit = limits[name]
    if (limit === undefined) return [`${name} per token: ${show(count)}, and nothing is recorded`]
    const { was, atMost } = limit
    if (count <= atMost) return []
    const percent = was === 0 ? '' : ` (+${Math.round((count / was - 1) * 100)} %)`
    return [`${name} per token grew from ${show(was)} to ${show(count)}${percent}; at most ${show(atMost)}`]
  })
}

export function show(count: number): string {
  return String(Number(count.toPrecision(4)))
}
