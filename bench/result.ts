import type { ContenderName } from './contenders.js'
import type { Goal, Sample, Scenario } from './scenario.js'

/** What a scenario measured: the samples of each contender, by round. */
export class Result {
  readonly scenario: Scenario
  readonly #samples = new Map<ContenderName, Sample[]>()

  constructor(scenario: Scenario) {
    this.scenario = scenario
  }

  add(contender: ContenderName, sample: Sample): void {
    const samples = this.#samples.get(contender)
    if (samples === undefined) this.#samples.set(contender, [sample])
    else samples.push(sample)
  }

  /** The contenders that were measured, in the order of the scenario. */
  get contenders(): ContenderName[] {
    return this.scenario.contenders.filter(name => this.#samples.has(name))
  }

  /** The number of rounds that count. */
  get rounds(): number {
    return Math.max(0, ...[...this.#samples.values()].map(({ length }) => length))
  }

  /** The number of rounds in which a contender had a lower figure than another. */
  lower(contender: ContenderName, than: ContenderName, key: string): number {
    const others = this.#values(than, key) ?? []
    return (this.#values(contender, key) ?? []).filter((value, round) => value < (others[round] as number)).length
  }

  /** The median of all rounds; `undefined` for a contender that was not measured. */
  figure(contender: ContenderName, key: string): number | undefined {
    const values = this.#values(contender, key)
    return values && median(values)
  }

  /** The median of the ratios of all rounds: whatever disturbs a round disturbs both sides of it. */
  ratio(contender: ContenderName, to: ContenderName, key: string): number | undefined {
    const values = this.#values(contender, key)
    const others = this.#values(to, key)
    return values && others && median(values.map((value, round) => value / (others[round] as number)))
  }

  /** The figure that a goal limits; `undefined` if a contender that it needs was not measured. */
  measured({ of, to, key }: Goal): { value: number; comparedTo: ContenderName | undefined } | undefined {
    if (to === undefined) {
      const value = this.figure(of, key)
      return value === undefined ? undefined : { value, comparedTo: undefined }
    }
    const [best] = to
      .filter(contender => this.figure(contender, key) !== undefined)
      .sort((a, b) => (this.figure(a, key) as number) - (this.figure(b, key) as number))
    const value = best && this.ratio(of, best, key)
    return value === undefined ? undefined : { value, comparedTo: best }
  }

  #values(contender: ContenderName, key: string): number[] | undefined {
    return this.#samples.get(contender)?.map(sample => sample[key] as number)
  }
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2
}
