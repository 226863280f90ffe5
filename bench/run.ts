import { checkAnswer } from './answer.js'
import { type ContenderName, contenders } from './contenders.js'
import { Load } from './load.js'
import { startRedis } from './redis.js'
import { Result } from './result.js'
import type { Sample, Scenario } from './scenario.js'
import { type BenchServer, startServer } from './server.js'

export interface RunOptions {
  /** Which servers take part, of those that the work is for. */
  readonly rivals: readonly ContenderName[]
  /** How many rounds count. Default: what the work says. */
  readonly rounds: number | undefined
  /** The share of the full size that streams and times have. */
  readonly effort: number
  progress(line: string): void
}

/** The share of its full size that the round has which does not count. */
const WARM_UP = 1 / 4

/** Has servers do a work in turns: each round has all of them, so that what changes on the machine changes for all. */
export async function run(work: Scenario, options: RunOptions): Promise<Result> {
  const { effort, rounds = work.rounds } = options
  const names = work.rivals.filter(name => options.rivals.includes(name))
  const result = new Result(work)
  const load = new Load()
  const upstream = work.upstream ? await startServer({ file: 'upstream.js' }, {}, 'load') : undefined
  const redis = work.redis ? await startRedis() : undefined
  const env = {
    ...(upstream && { UPSTREAM: `http://127.0.0.1:${upstream.port}/v1` }),
    ...(redis && { REDIS: String(redis.port) })
  }
  const kept = new Map<ContenderName, BenchServer>()

  const measure = async (name: ContenderName, effort: number): Promise<Sample> => {
    const server = kept.get(name) ?? (await startServer(contenders[name], env))
    if (!work.fresh) kept.set(name, server)
    const sample = await work.measure({ server, load, effort })
    if (work.fresh) await server.stop()
    return sample
  }

  try {
    if (!work.fresh) {
      for (const name of names) {
        options.progress(`${work.name}, warm-up: ${contenders[name].label}`)
        await measure(name, effort * WARM_UP)
        if (work.answer !== undefined) await checkAnswer(kept.get(name) as BenchServer, work.answer)
      }
    }
    for (let round = 1; round <= rounds; round++) {
      for (const name of names) {
        const sample = await measure(name, effort)
        result.add(name, sample)
        const figures = work.columns.map(({ key, digits }) => `${key} ${sample[key]?.toFixed(digits)}`)
        options.progress(`${work.name}, round ${round} of ${rounds}: ${contenders[name].label}: ${figures.join(', ')}`)
      }
    }
  } finally {
    await Promise.all([load, upstream, redis, ...kept.values()].map(process => process?.stop()))
  }
  return result
}
