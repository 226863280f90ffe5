/**
 * Draws docs/telemetry.svg: what the dashboard shows of a run of the server that `npm start` runs. The numbers are
 * those of its `/metrics`, asked for once a second, while clients read, leave, come back, stop their answers and read
 * slowly. Needs a build. Given a file, it also writes every fourth of the scrapes there, which a test draws.
 */
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { Random } from '../../test/helpers/random.js'
import { runClients } from './clients.js'
import { type Dashboard, picture } from './picture.js'
import { parseMetrics, type Scrape } from './prometheus.js'
import { startProvider } from './provider.js'
import { TITLES } from './titles.js'

/** How long clients come. Those that have left are given up half a minute later. Seconds. */
const DURATION = Number(process.env.DURATION ?? 75)
const SEED = Number(process.env.SEED ?? 1)

const [record] = process.argv.slice(2)
const random = new Random(SEED)
const provider = await startProvider(random)
const server = spawn(process.execPath, ['dist/server/start.js'], {
  env: {
    ...process.env,
    PORT: '0',
    LOG_LEVEL: 'info',
    METRICS: '1',
    OPENAI_BASE_URL: provider.url,
    OPENAI_MODEL: 'small'
  },
  stdio: ['ignore', 'pipe', 'inherit']
})
// Also where a client fails in a way that nobody has caught.
process.on('exit', () => server.kill())
const scrapes: Scrape[] = []
try {
  const url = await address()
  const start = performance.now()
  const timer = setInterval(async () => {
    const response = await fetch(`${url}/metrics`)
    scrapes.push({ at: (performance.now() - start) / 1000, series: parseMetrics(await response.text()) })
  }, 1000)
  await runClients(url, random, DURATION)
  clearInterval(timer)
} finally {
  server.kill()
  provider.close()
}
const dashboard: Dashboard = JSON.parse(readFileSync('docs/grafana.json', 'utf8'))
writeFileSync('docs/telemetry.svg', picture(dashboard, TITLES, scrapes))
if (record !== undefined) writeFileSync(record, JSON.stringify(recorded()))

/** What the queries of the picture ask for, every fourth second. */
function recorded(): Scrape[] {
  const queries = dashboard.panels.filter(({ title }) => TITLES.includes(title)).flatMap(({ targets }) => targets)
  const isAsked = (name: string) => queries.some(({ expr }) => new RegExp(`\\b${name}\\b`).test(expr))
  return scrapes
    .filter((_, index) => index % 4 === 0)
    .map(({ at, series }) => ({
      at: Math.round(at),
      series: series
        .filter(({ name }) => isAsked(name))
        .map(({ name, labels, value }) => ({
          name,
          labels: Object.fromEntries(Object.entries(labels).filter(([label]) => isAsked(label))),
          value
        }))
    }))
}

/** Its log is read to the end, as the server waits for nobody. */
function address(): Promise<string> {
  let text = ''
  return new Promise((resolve, reject) => {
    server.stdout.on('data', chunk => {
      text = `${text}${chunk}`.slice(0, 10_000)
      const url = /Server listening at (http:[^"]+)"/.exec(text)?.[1]
      if (url !== undefined) resolve(url)
    })
    server.on('exit', () => reject(new Error(`the server did not start: ${text}`)))
  })
}
