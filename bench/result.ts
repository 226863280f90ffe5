import type { ContenderName } from './contenders.js'
import type { Goal, Sample, Scenario } from './scenario.js'

/** What a work has measured: the samples of each server, by round. */
export class Result {
  readonly work: Scenario
  readonly #samples = new Map<ContenderName, Sample[]>()

  constructor(work: Scenario) {
    this.work = work
  }

  add(rival: ContenderName, sample: Sample): void {
    const samples = this.#samples.get(rival)
    if (samples === undefined) this.#samples.set(rival, [sample])
    else samples.push(sample)
  }

  /** Those that were measured. */
  get rivals(): ContenderName[] {
    return [...this.#samples.keys()]
  }

  /** The median of all rounds; `undefined` for one that was not measured. */
  figure(rival: ContenderName, key: string): number | undefined {
    const values = this.#values(rival, key)
    return values && median(values)
  }

  /** The median of the ratios of each round: what disturbs a round disturbs both. */
  ratio(rival: ContenderName, to: ContenderName, key: string): number | undefined {
    const values = this.#values(rival, key)
    const others = this.#values(to, key)
    return values && others && median(values.map((value, round) => value / (others[round] as number)))
  }

  /** What a goal is about, as measured; `undefined` where a server for it is missing. */
  reached({ of, to, key }: Goal): { actual: number; beside: ContenderName | undefined } | undefined {
    if (to === undefined) {
      const actual = this.figure(of, key)
      return actual === undefined ? undefined : { actual, beside: undefined }
    }
    const [best] = to
      .filter(rival => this.figure(rival, key) !== undefined)
      .sort((a, b) => (this.figure(a, key) as number) - (this.figure(b, key) as number))
    const actual = best && this.ratio(of, best, key)
    return actual === undefined ? undefined : { actual, beside: best }
  }

  #values(rival: ContenderName, key: string): number[] | undefined {
    return this.#samples.get(rival)?.map(sample => sample[key] as number)
  }
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2
}
