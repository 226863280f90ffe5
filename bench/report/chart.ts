import { type ContenderName, contenders } from '../contenders.js'
import type { Result } from '../result.js'

/** Pixels. */
const WIDTH = 840
const LABELS = 250
const VALUES = 70
const ROW = 22
const TITLE = 34
const GAP = 18

/** What the picture shows: the first figure of these works. */
const SHOWN: Record<string, string> = {
  hot: 'CPU a token that is ready at once (µs)',
  paced: 'CPU a token that comes alone (µs)',
  idle: 'memory of an open, silent stream (KiB)'
}

/** Bars of what a token costs and a stream holds, as SVG, for light and dark pages. Less is better. */
export function chart(results: readonly Result[]): string {
  let y = 0
  const panels = results
    .filter(({ work }) => work.name in SHOWN)
    .map(result => {
      const panel = bars(result, y)
      y += TITLE + result.rivals.length * ROW + GAP
      return panel
    })
  const height = Math.max(1, y - GAP)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Less is better">
<style>
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
</style>
${panels.join('\n')}
</svg>
`
}

function bars(result: Result, top: number): string {
  const { key = '', digits = 0 } = result.work.columns[0] ?? {}
  const figure = (rival: ContenderName) => result.figure(rival, key) ?? 0
  const sorted = result.rivals.toSorted((a, b) => figure(a) - figure(b))
  const longest = Math.max(...sorted.map(figure))
  const rows = sorted.map((rival, i) => {
    const y = top + TITLE + i * ROW
    const width = Math.max(1, (figure(rival) / longest) * (WIDTH - LABELS - VALUES))
    const middle = y + ROW / 2
    return `<g${rival === 'ours' ? ' class="ours"' : ''}>
  <text x="${LABELS - 8}" y="${middle}" text-anchor="end">${escaped(contenders[rival].label)}</text>
  <rect x="${LABELS}" y="${y + 3}" width="${width.toFixed(1)}" height="${ROW - 6}" rx="2"/>
  <text x="${(LABELS + width + 6).toFixed(1)}" y="${middle}" class="value">${figure(rival).toFixed(digits)}</text>
</g>`
  })
  const title = `<text x="0" y="${top + TITLE / 2}" class="title">${escaped(SHOWN[result.work.name] ?? '')}, less is better</text>`
  return [title, ...rows].join('\n')
}

function escaped(text: string): string {
  return text.replaceAll('`', '').replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
