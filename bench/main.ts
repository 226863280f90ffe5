import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type ContenderName, contenders } from './contenders.js'
import { buildGo } from './go.js'
import { hasRedis } from './redis.js'
import { chart } from './report/chart.js'
import { document } from './report/document.js'
import { goals, table } from './report/table.js'
import type { Result } from './result.js'
import { run } from './run.js'
import { ROUNDS } from './scenario.js'
import { scenarios } from './scenarios/all.js'

/** The positional arguments are names of scenarios. Default: all. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Names of contenders (see `contenders.ts`), separated by commas. Default: all. */
    only: { type: 'string' },
    /** The number of rounds that count. Fewer are for a quick look. */
    rounds: { type: 'string', default: String(ROUNDS) },
    /** The share of the full number of streams and the full duration. Figures below 1 are of little worth. */
    effort: { type: 'string', default: '1' },
    /** The folder to write the report to. Default: `docs` for a complete run with all rounds, otherwise none. */
    out: { type: 'string' }
  }
})

function select<Name extends string>(kind: string, given: readonly string[], names: readonly Name[]): Name[] {
  const unknown = given.filter(name => !names.includes(name as Name))
  if (unknown.length === 0) return names.filter(name => given.includes(name))
  console.error(`Unknown ${kind}: ${unknown.join(', ')}. Choose from: ${names.join(', ')}`)
  process.exit(1)
}

function positive(option: string, given: string): number {
  const number = Number(given)
  if (number > 0) return number
  console.error(`--${option} takes a number above 0, not ${given}`)
  process.exit(1)
}

if (!existsSync('/proc/self/schedstat')) {
  console.error('The bench needs Linux: it reads the CPU time and memory of processes from /proc.')
  process.exit(1)
}
const allContenders = Object.keys(contenders) as ContenderName[]
const allScenarios = scenarios.map(({ name }) => name)
const chosenScenarios = select('scenario', positionals.length === 0 ? allScenarios : positionals, allScenarios)
const chosenContenders = select('contender', values.only?.split(',') ?? allContenders, allContenders)
const rounds = positive('rounds', values.rounds)
const effort = positive('effort', values.effort)
const isComplete = chosenScenarios.length === scenarios.length && !values.only && effort === 1 && rounds >= ROUNDS
const out = values.out ?? (isComplete ? 'docs' : undefined)

const hasGo = buildGo()
if (!hasGo) console.error('Go is not installed: the Go server is left out. On Debian: apt-get install golang-go')

const startedAt = Date.now()
function progress(line: string): void {
  const seconds = Math.round((Date.now() - startedAt) / 1000)
  console.error(`${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')} ${line}`)
}

const withRedis = hasRedis()
if (!withRedis) {
  console.error(
    'redis-server is not installed: scenarios that need it are left out. On Debian: apt-get install redis-server'
  )
}

const available = chosenContenders.filter(name => hasGo || name !== 'go')
const results: Result[] = []
for (const scenario of scenarios.filter(({ name }) => chosenScenarios.includes(name))) {
  if (!scenario.contenders.some(name => available.includes(name)) || (scenario.redis && !withRedis)) continue
  const result = await run(scenario, { contenders: available, rounds, effort, progress })
  results.push(result)
  console.log(`\n${scenario.name}: ${scenario.about}\n\n${table(result)}\n`)
}
console.log(goals(results))
if (out !== undefined) {
  mkdirSync(out, { recursive: true })
  const minutes = (Date.now() - startedAt) / 60_000
  writeFileSync(join(out, 'benchmarks.md'), document(results, { date: new Date(), minutes }))
  writeFileSync(join(out, 'benchmarks.svg'), chart(results))
  console.log(`\nWrote ${join(out, 'benchmarks.md')} and ${join(out, 'benchmarks.svg')}`)
}
