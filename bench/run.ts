import { certificate } from '../test/helpers/certificate.js'
import { checkAnswer } from './answer.js'
import { type ContenderName, contenders } from './contenders.js'
import { Load } from './load.js'
import { startRedis } from './redis.js'
import { Result } from './result.js'
import type { Sample, Scenario } from './scenario.js'
import { type BenchServer, startServer } from './server.js'

export interface RunOptions {
  /** Who takes part, of the scenario's contenders. */
  readonly contenders: readonly ContenderName[]
  /** The number of rounds that count. */
  readonly rounds: number
  /** The share of the full number of streams and the full duration. */
  readonly effort: number
  progress(line: string): void
}

/**
 * Runs a scenario. Every round measures all contenders in turn, so that a change on the machine affects them all. Each
 * round begins with another one, so that none always follows the same.
 */
export async function run(scenario: Scenario, options: RunOptions): Promise<Result> {
  const { effort, rounds } = options
  const names = scenario.contenders.filter(name => options.contenders.includes(name))
  const result = new Result(scenario)
  const load = new Load()
  const upstream = scenario.upstream ? await startServer({ file: 'upstream.js' }, {}, 'load') : undefined
  const redis = scenario.redis ? await startRedis() : undefined
  const env = {
    ...(upstream && { UPSTREAM: `http://127.0.0.1:${upstream.port}/v1` }),
    ...(redis && { REDIS: String(redis.port) }),
    ...(scenario.h2 && { TLS_KEY: certificate.key, TLS_CERT: certificate.cert })
  }
  const servers = new Map<ContenderName, BenchServer>()
  const requestOf = (name: ContenderName) => scenario.answer && (contenders[name].request ?? scenario.answer)

  const measure = async (name: ContenderName, effort: number): Promise<Sample> => {
    const server = servers.get(name) ?? (await startServer(contenders[name], env))
    if (!scenario.fresh) servers.set(name, server)
    const sample = await scenario.measure({ server, load, effort, answer: requestOf(name) })
    if (scenario.fresh) await server.stop()
    return sample
  }

  try {
    if (!scenario.fresh) {
      for (const name of names) {
        options.progress(`${scenario.name}, warm-up: ${contenders[name].label}`)
        await measure(name, effort)
        const request = requestOf(name)
        if (request !== undefined) await checkAnswer(servers.get(name) as BenchServer, request)
      }
    }
    for (let round = 1; round <= rounds; round++) {
      for (const name of rotated(names, round)) {
        const sample = await measure(name, effort)
        result.add(name, sample)
        const figures = scenario.columns.map(({ key, digits }) => `${key} ${sample[key]?.toFixed(digits)}`).join(', ')
        options.progress(`${scenario.name}, round ${round} of ${rounds}: ${contenders[name].label}: ${figures}`)
      }
    }
  } finally {
    await Promise.all([load, upstream, redis, ...servers.values()].map(process => process?.stop()))
  }
  return result
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}
