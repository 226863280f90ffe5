import { type ContenderName, contenders } from '../contenders.js'
import type { Result } from '../result.js'

/** Pixels. */
const WIDTH = 840
const LABELS = 250
const VALUES = 70
const ROW = 22
const TITLE = 34
const GAP = 18

/** The scenarios that the chart shows, and what their first figure is. */
const SHOWN: Record<string, string> = {
  hot: 'CPU per token, all tokens ready at once (µs)',
  paced: 'CPU per token, each token alone (µs)',
  idle: 'memory per open, silent stream (KiB)'
}

const STYLE = `<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328; dominant-baseline: central }
  .title { font-weight: 600; font-size: 14px }
  .value { font-variant-numeric: tabular-nums }
  rect { fill: #afb8c1 }
  .ours rect { fill: #0969da }
  .ours text { font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    rect { fill: #484f58 }
    .ours rect { fill: #4493f8 }
  }
</style>`

/** A bar chart as SVG, for light and dark pages. */
export function chart(results: readonly Result[]): string {
  let y = 0
  const panels = results
    .filter(({ scenario }) => scenario.name in SHOWN)
    .map(result => {
      const panel = bars(result, y)
      y += TITLE + result.contenders.length * ROW + GAP
      return panel
    })
  const height = Math.max(1, y - GAP)
  const size = `viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="Less is better">
${STYLE}
${panels.join('\n')}
</svg>
`
}

function bars(result: Result, top: number): string {
  const { key = '', digits = 0 } = result.scenario.columns[0] ?? {}
  const figure = (name: ContenderName) => result.figure(name, key) ?? 0
  const sorted = result.contenders.toSorted((a, b) => figure(a) - figure(b))
  const longest = Math.max(...sorted.map(figure))
  const rows = sorted.map((name, i) => {
    const y = top + TITLE + i * ROW
    const width = Math.max(1, (figure(name) / longest) * (WIDTH - LABELS - VALUES))
    const middle = y + ROW / 2
    return `<g${name === 'ours' ? ' class="ours"' : ''}>
  <text x="${LABELS - 8}" y="${middle}" text-anchor="end">${escaped(contenders[name].label)}</text>
  <rect x="${LABELS}" y="${y + 3}" width="${width.toFixed(1)}" height="${ROW - 6}" rx="2"/>
  <text x="${(LABELS + width + 6).toFixed(1)}" y="${middle}" class="value">${figure(name).toFixed(digits)}</text>
</g>`
  })
  const title = `${escaped(SHOWN[result.scenario.name] ?? '')}, less is better`
  return [`<text x="0" y="${top + TITLE / 2}" class="title">${title}</text>`, ...rows].join('\n')
}

function escaped(text: string): string {
  return text.replaceAll('`', '').replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
