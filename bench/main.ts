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
import { scenarios } from './scenarios/all.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Names of servers, see `rivals.ts`, with commas between. Default: all. */
    only: { type: 'string' },
    rounds: { type: 'string' },
    /** The share of the full number of streams and of the full time. What it measures then is not worth much. */
    effort: { type: 'string', default: '1' },
    /** The folder that the report is written to. Default: `docs` when all works are done by all servers. */
    out: { type: 'string' }
  }
})

function known<Name extends string>(given: readonly string[], names: readonly Name[]): Name[] {
  const unknown = given.filter(name => !names.includes(name as Name))
  if (unknown.length === 0) return names.filter(name => given.includes(name))
  console.error(`There is no ${unknown.join(' and no ')}. There are ${names.join(', ')}.`)
  process.exit(1)
}

if (!existsSync('/proc/self/stat')) {
  console.error('The bench reads what processes cost from /proc, so it needs Linux.')
  process.exit(1)
}
const allNames = Object.keys(contenders) as ContenderName[]
const chosenWorks = known(
  positionals.length === 0 ? scenarios.map(({ name }) => name) : positionals,
  scenarios.map(({ name }) => name)
)
const chosenRivals = known(values.only?.split(',') ?? allNames, allNames)
const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
const effort = Number(values.effort)
const out = values.out ?? (chosenWorks.length === scenarios.length && !values.only && effort === 1 ? 'docs' : undefined)

const hasGo = buildGo()
if (!hasGo) console.error('There is no go here, so the Go server is left out. On Debian: apt-get install golang-go')

const startedAt = Date.now()
function progress(line: string): void {
  const seconds = Math.round((Date.now() - startedAt) / 1000)
  console.error(`${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')} ${line}`)
}

const withRedis = hasRedis()
if (!withRedis) {
  console.error('There is no redis-server here, so what needs it is left out. On Debian: apt-get install redis-server')
}

const results: Result[] = []
for (const work of scenarios.filter(({ name }) => chosenWorks.includes(name))) {
  const names = chosenRivals.filter(name => hasGo || name !== 'go')
  if (!work.rivals.some(name => names.includes(name)) || (work.redis && !withRedis)) continue
  const result = await run(work, { rivals: names, rounds, effort, progress })
  results.push(result)
  console.log(`\n${work.name}: ${work.about}\n\n${table(result)}\n`)
}
console.log(goals(results))
if (out !== undefined) {
  mkdirSync(out, { recursive: true })
  writeFileSync(join(out, 'benchmarks.md'), document(results, new Date()))
  writeFileSync(join(out, 'benchmarks.svg'), chart(results))
  console.log(`\nWritten to ${join(out, 'benchmarks.md')}`)
}
