import { compileQuery, type Scrape } from './prometheus.js'

/** A dashboard of Grafana, as far as it is drawn. */
export interface Dashboard {
  readonly panels: readonly Panel[]
}

interface Panel {
  readonly title: string
  readonly fieldConfig: {
    readonly defaults: { readonly unit: string }
    readonly overrides: readonly { readonly matcher: { readonly options: string } }[]
  }
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[]
}

/** A line of a chart: a point for each moment, `undefined` where there is no value. */
interface Line {
  readonly legend: string
  readonly points: readonly (number | undefined)[]
}

/** The interval of rates. Seconds. */
const INTERVAL = 5

/** Pixels. */
const [WIDTH, COLUMNS, GAP] = [840, 2, 32]
const CHART = { width: (WIDTH - GAP) / COLUMNS, height: 120, axis: 44, title: 44 }

const STYLE = `<style>
  text { font: 12px system-ui, sans-serif; fill: #1f2328; dominant-baseline: central }
  .title { font-weight: 600; font-size: 14px }
  .axis { fill: #59636e; text-anchor: end; font-variant-numeric: tabular-nums }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  polyline { fill: none; stroke-width: 1.75; stroke-linejoin: round }
  .line-0 { stroke: #0969da } .line-1 { stroke: #bc4c00 } .line-2 { stroke: #1a7f37 }
  .line-3 { stroke: #8250df } .line-4 { stroke: #cf222e }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .axis { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .line-0 { stroke: #4493f8 } .line-1 { stroke: #f0883e } .line-2 { stroke: #3fb950 }
    .line-3 { stroke: #ab7df8 } .line-4 { stroke: #f85149 }
  }
</style>`

/**
 * Draws panels of the dashboard as SVG, for light and dark pages.
 *
 * @param titles those of the panels
 * @throws Error if there is no such panel, or if the run has nothing to show in it
 */
export function picture(dashboard: Dashboard, titles: readonly string[], scrapes: readonly Scrape[]): string {
  const charts = titles.map((title, i) => {
    const panel = dashboard.panels.find(panel => panel.title === title)
    if (panel === undefined) throw new Error(`the dashboard has no panel "${title}"`)
    const [x, y] = [(i % COLUMNS) * (CHART.width + GAP), Math.floor(i / COLUMNS) * (CHART.height + CHART.title + GAP)]
    return `<g transform="translate(${x} ${y})">\n${chart(panel, scrapes)}\n</g>`
  })
  const height = Math.ceil(titles.length / COLUMNS) * (CHART.height + CHART.title + GAP)
  const size = `viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="Panels of the dashboard over a run">
${STYLE}
${charts.join('\n')}
</svg>
`
}

function chart(panel: Panel, scrapes: readonly Scrape[]): string {
  const lines = linesOf(panel, scrapes)
  const values = lines.flatMap(({ points }) => points.filter(point => point !== undefined))
  if (values.length === 0) throw new Error(`the run has nothing to show in "${panel.title}"`)
  const top = niceAbove(Math.max(...values))
  const unit = { s: ' s', ops: '/s' }[panel.fieldConfig.defaults.unit] ?? ''
  const { width, height, axis, title } = CHART
  const x = (i: number) => axis + (i / Math.max(1, scrapes.length - 1)) * (width - axis)
  const y = (value: number) => title + height - (value / top) * height
  const grid = [0, top / 2, top].map(
    value => `<line class="grid" x1="${axis}" x2="${width}" y1="${y(value)}" y2="${y(value)}"/>
<text class="axis" x="${axis - 6}" y="${y(value)}">${value === 0 ? 0 : `${Number(value.toPrecision(3))}${unit}`}</text>`
  )
  const drawn = lines.flatMap(({ points }, n) =>
    runsOf(points).map(run => {
      const path = run.map(([i, value]) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(' ')
      return `<polyline class="line-${n % 5}" points="${path}"/>`
    })
  )
  const heading = `<text class="title" x="0" y="8">${escaped(panel.title)}</text>`
  const end = Math.round(scrapes.at(-1)?.at ?? 0)
  const time = `<text class="axis" x="${width}" y="${title + height + 12}">${end} s</text>`
  return [heading, legend(lines), ...grid, ...drawn, time].join('\n')
}

/** Lines with an axis of their own are left to Grafana. */
function linesOf({ targets, fieldConfig: { overrides } }: Panel, scrapes: readonly Scrape[]): Line[] {
  const drawn = targets.filter(({ legendFormat }) => overrides.every(({ matcher }) => matcher.options !== legendFormat))
  return drawn.flatMap(({ expr, legendFormat }) => {
    const valuesAt = compileQuery(expr, INTERVAL)
    const moments = scrapes.map((_, index) => valuesAt(scrapes, index))
    const groups = new Map(moments.flatMap(values => [...values].map(([key, { labels }]) => [key, labels] as const)))
    return [...groups].map(([key, labels]) => ({
      legend: legendFormat.replace(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? ''),
      points: moments.map(values => values.get(key)?.value)
    }))
  })
}

function legend(lines: readonly Line[]): string {
  let x = 0
  const names = lines.map(({ legend }, n) => {
    const entry = `<line class="line-${n % 5}" stroke-width="3" x1="${x}" x2="${x + 14}" y1="28" y2="28"/>
<text x="${x + 19}" y="28">${escaped(legend)}</text>`
    x += 19 + legend.length * 6.5 + 14
    return entry
  })
  return names.join('\n')
}

/** The points of a line without gaps, with their indexes. */
function runsOf(points: Line['points']): [number, number][][] {
  const runs: [number, number][][] = [[]]
  points.forEach((value, i) => {
    if (value !== undefined) runs.at(-1)?.push([i, value])
    else if (runs.at(-1)?.length) runs.push([])
  })
  return runs.filter(({ length }) => length > 0)
}

/** A round number for the top of an axis. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value || 1))
  return power * ([1, 1.5, 2, 3, 4, 5, 6, 8].find(factor => factor * power >= value) ?? 10)
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
