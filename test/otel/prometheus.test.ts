import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import t from 'tap'
import { makeInstruments } from '../../otel/instruments.js'
import { attributes, metrics } from '../../otel/names.js'
import { pageOf, root } from '../helpers/markdown.js'

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[]
}

const dashboard: Dashboard = JSON.parse(readFileSync(join(root, 'docs/grafana.json'), 'utf8'))
const page = pageOf('docs/telemetry.md').text

/** What Prometheus is shown of each metric once, with all attributes. */
async function exported(): Promise<string> {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const provider = new MeterProvider({ readers: [exporter] })
  const all = Object.fromEntries(Object.values(attributes).map(name => [name, 'x']))
  for (const instrument of Object.values(makeInstruments(provider.getMeter('test')))) {
    if ('record' in instrument) instrument.record(1, all)
    else instrument.add(1, all)
  }
  const { resourceMetrics } = await exporter.collect()
  await provider.shutdown()
  return new PrometheusSerializer().serialize(resourceMetrics)
}

const text = await exported()
/** The names of the series, and those of their labels. */
const series = new Set(text.match(/^[a-z]\w+(?=\{)/gm))
const labels = new Set(text.match(/\w+(?==")/g))

/** What a query names beside functions and labels, and the labels by which it groups. */
function namesIn(expr: string) {
  const grouped = [...expr.matchAll(/by \(([^)]+)\)/g)].flatMap(([, list = '']) => list.split(', '))
  return {
    series: expr.match(/\b(?:gen_ai|sse)_\w+(?=\)|\[)/g)?.filter(name => !grouped.includes(name)) ?? [],
    grouped
  }
}

t.test('each query of the dashboard asks for what is exported', async t => {
  t.ok(dashboard.panels.length > 10)
  for (const { title, targets } of dashboard.panels) {
    for (const { expr } of targets) {
      const names = namesIn(expr)
      t.equal(names.series.length, 1, `${title}: ${expr}`)
      for (const name of names.series) t.ok(series.has(name), `${title}: ${name}`)
      for (const name of names.grouped) t.ok(labels.has(name), `${title}: ${name}`)
    }
  }
})

t.test('each metric is on the dashboard', async t => {
  const asked = dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => namesIn(expr).series))
  for (const { name } of Object.values(metrics)) {
    const prefix = name.replaceAll('.', '_')
    t.ok(
      asked.some(each => each.startsWith(prefix)),
      name
    )
  }
})

t.test('docs/telemetry.md has each metric with its unit, and no other', async t => {
  const rows = [...page.matchAll(/^\| `((?:gen_ai|sse)\.[\w.]+)` +\| (\S+) +\|/gm)].map(([, name, unit]) => [
    name,
    unit
  ])
  t.strictSame(
    new Map(rows as [string, string][]),
    new Map(
      [...Object.values(metrics)]
        .map(({ name, unit }) => [name, unit] as const)
        .sort((a, b) => rows.findIndex(([name]) => name === a[0]) - rows.findIndex(([name]) => name === b[0]))
    )
  )
})

t.test('docs/telemetry.md has each attribute', async t => {
  for (const name of Object.values(attributes)) t.match(page, `\`${name}\``)
})
