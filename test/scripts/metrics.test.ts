import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import t from 'tap'
import { type Dashboard, picture } from '../../scripts/metrics/picture.js'
import { compileQuery, parseMetrics, type Scrape } from '../../scripts/metrics/prometheus.js'
import { TITLES } from '../../scripts/metrics/titles.js'
import { root } from '../helpers/markdown.js'

const dashboard: Dashboard = JSON.parse(readFileSync(join(root, 'docs/grafana.json'), 'utf8'))
/** A run of the server, of which `npm run metrics-picture` has kept every fourth scrape. */
const scrapes: Scrape[] = JSON.parse(readFileSync(join(root, 'test/scripts/scrapes.json'), 'utf8'))

function valuesOf(query: string, scrapes: readonly Scrape[], index = scrapes.length - 1): Record<string, number> {
  const values = compileQuery(query, 5)(scrapes, index)
  return Object.fromEntries([...values.values()].map(({ labels, value }) => [Object.values(labels).join(), value]))
}

const scrape = (at: number, ...counts: [labels: Record<string, string>, value: number][]): Scrape => ({
  at,
  series: counts.map(([labels, value]) => ({ name: 'x', labels, value }))
})

t.test('reads what the exporter writes', async t => {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const provider = new MeterProvider({ readers: [exporter] })
  const meter = provider.getMeter('test')
  meter.createCounter('a.count').add(3, { route: '/a"b\\c', kind: 'd,e}' })
  meter.createHistogram('a.time', { unit: 's' }).record(0.5)
  const { resourceMetrics } = await exporter.collect()
  await provider.shutdown()
  const series = parseMetrics(new PrometheusSerializer().serialize(resourceMetrics))
  t.match(
    series.find(({ name }) => name === 'a_count_total'),
    { labels: { route: '/a"b\\c', kind: 'd,e}' }, value: 3 }
  )
  t.match(
    series.find(({ name, labels }) => name === 'a_time_bucket' && labels.le === '+Inf'),
    { value: 1 }
  )
})

t.test('answers the queries of the dashboard as Prometheus does', async t => {
  const two = [
    scrape(0, [{ a: '1', b: 'x' }, 10], [{ a: '2', b: 'x' }, 0]),
    scrape(2, [{ a: '1', b: 'x' }, 14], [{ a: '2', b: 'x' }, 0], [{ a: '2', b: 'y' }, 6])
  ]
  t.strictSame(valuesOf('sum(x)', two), { '': 20 })
  t.strictSame(valuesOf('sum by (a) (x)', two), { 1: 14, 2: 6 })
  t.strictSame(valuesOf('sum(rate(x[$__rate_interval]))', two), { '': 5 })
  t.strictSame(valuesOf('sum by (b) (rate(x[$__rate_interval]))', two), { x: 2, y: 3 }, 'a new series began at 0')
  t.strictSame(valuesOf('sum(rate(x[$__rate_interval]))', two, 0), {}, 'one scrape has no rate')
  t.strictSame(valuesOf('sum(y)', two), {})
  const late = [...two, scrape(8, [{ a: '1', b: 'x' }, 20])]
  t.strictSame(valuesOf('sum(rate(x[$__rate_interval]))', late), {}, 'none of them within the interval')

  const bucket = (at: number, counts: number[]) =>
    scrape(at, ...counts.map((count, i) => [{ le: ['1', '2', '4', '+Inf'][i] as string }, count] as const as never))
  const times = [bucket(0, [0, 0, 0, 0]), bucket(1, [2, 6, 10, 10])]
  const quantile = (q: number, of = times) =>
    valuesOf(`histogram_quantile(${q}, sum by (le) (rate(x[$__rate_interval])))`, of)['']
  t.equal(quantile(0.1), 0.5)
  t.equal(quantile(0.5), 1.75)
  t.equal(quantile(0.95), 3.75)
  t.equal(quantile(0.95, [bucket(0, [0, 0, 0, 0]), bucket(1, [0, 0, 0, 1])]), 4, 'beyond the last bound')
  t.equal(quantile(0.95, [bucket(0, [0, 0, 0, 1]), bucket(1, [0, 0, 0, 1])]), undefined, 'nothing was counted')
  for (const query of ['avg(x)', 'sum(x) by (a)', 'histogram_quantile(0.5, x)']) {
    t.throws(() => compileQuery(query, 5), { message: `the query is not known: ${query}` })
  }
})

t.test('draws the panels of the dashboard from recorded numbers', async t => {
  const svg = picture(dashboard, TITLES, scrapes)
  t.notMatch(svg, /NaN|undefined|Infinity/)
  const charts = svg.split('<g transform').slice(1)
  t.equal(charts.length, TITLES.length)
  for (const [i, title] of TITLES.entries()) {
    t.match(charts[i], `>${title}</text>`)
    t.match(charts[i], /<polyline class="line-0" points="[\d.]+,[\d.]+ /, title)
    for (const [, points = ''] of charts[i]?.matchAll(/points="([^"]*)"/g) ?? []) {
      for (const [x = -1, y = -1] of points.split(' ').map(point => point.split(',').map(Number))) {
        if (x < 44 || x > 408 || y < 44 || y > 164) t.fail(`${title} draws ${x},${y}, outside of its chart`)
      }
    }
  }
  // What the run was made to show: all kinds of clients were there.
  const ends = valuesOf('sum by (sse_outcome) (sse_generations_total)', scrapes)
  for (const outcome of ['complete', 'stopped', 'aborted']) t.ok((ends[outcome] ?? 0) > 0, outcome)
  t.match(charts[4], /complete<[\s\S]*stopped</)
  const value = Math.max(...scrapes.map((_, index) => valuesOf('sum(sse_streams_active)', scrapes, index)[''] ?? 0))
  const top = Number(/class="axis"[^>]*>(\d+)<\/text>\n<(?:polyline|\/g)/.exec(charts[0] ?? '')?.[1])
  t.ok(top >= value && top <= 2.5 * value, `the axis to ${top} fits ${value}`)
})

t.test('says what it cannot draw', async t => {
  t.throws(() => picture(dashboard, ['None'], scrapes), { message: 'the dashboard has no panel "None"' })
  const nothing = { message: 'the run has nothing to show in "Refusals by limits"' }
  t.throws(() => picture(dashboard, ['Refusals by limits'], scrapes), nothing)
})

t.test('the picture of the docs has the panels that it should have', async t => {
  const svg = readFileSync(join(root, 'docs/telemetry.svg'), 'utf8')
  t.strictSame(
    [...svg.matchAll(/class="title"[^>]*>([^<]*)/g)].map(([, title]) => title),
    TITLES
  )
  t.match(svg, 'prefers-color-scheme: dark')
  t.match(readFileSync(join(root, 'docs/telemetry.md'), 'utf8'), '](telemetry.svg)')
})
