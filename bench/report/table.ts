import { type ContenderName, contenders } from '../contenders.js'
import type { Result } from '../result.js'

/** The figures of a scenario as a Markdown table, which is readable in a terminal too. */
export function table(result: Result): string {
  const { scenario } = result
  const [first] = scenario.columns
  const [reference] = scenario.contenders
  const heads = ['', ...scenario.columns.map(({ heading }) => heading)]
  const compares = first !== undefined && reference !== undefined && result.contenders.length > 1
  if (compares) heads.push('ratio')
  const rows = result.contenders.map(name => {
    const figures = scenario.columns.map(({ key, digits }) => format(result.figure(name, key), digits))
    if (compares) figures.push(name === reference ? '1' : ratio(result, name, reference, first.key))
    return [contenders[name].label, ...figures]
  })
  return markdown([heads, ...rows])
}

/** The goals of all scenarios, and whether they are met. */
export function goals(results: readonly Result[]): string {
  const rows = results.flatMap(result =>
    result.scenario.goals.map(goal => {
      const measured = result.measured(goal)
      const best = goal.to === undefined || goal.to.length === 1 ? undefined : measured?.comparedTo
      const comparedTo = best === undefined ? '' : ` (${contenders[best].label})`
      const verdict = measured === undefined ? 'not measured' : measured.value <= goal.atMost ? 'yes' : 'no'
      const limit = `at most ${format(goal.atMost, decimals(goal.atMost))}`
      return [result.scenario.name, `${goal.what}${comparedTo}`, limit, format(measured?.value, 3), verdict]
    })
  )
  return markdown([['scenario', 'figure', 'goal', 'measured', 'met'], ...rows])
}

function ratio(result: Result, name: ContenderName, reference: ContenderName, key: string): string {
  return format(result.ratio(name, reference, key), 2)
}

function format(figure: number | undefined, digits: number): string {
  if (figure === undefined || !Number.isFinite(figure)) return '-'
  return figure.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

function decimals(figure: number): number {
  return Number.isInteger(figure) ? 0 : 2
}

function markdown(rows: string[][]): string {
  const widths = (rows[0] as string[]).map((_, column) =>
    Math.max(3, ...rows.map(row => (row[column] as string).length))
  )
  const line = (cells: string[]) => {
    const padded = cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
    return `| ${padded.join(' | ')} |`
  }
  const rule = line(widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)))
  const [head = [], ...body] = rows
  return [line(head), rule, ...body.map(line)].join('\n')
}
