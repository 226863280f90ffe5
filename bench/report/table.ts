import { type ContenderName, contenders } from '../contenders.js'
import type { Result } from '../result.js'

/** The figures of a work as a Markdown table, which reads well in a terminal too. */
export function table(result: Result): string {
  const { work } = result
  const [first] = work.columns
  const [ours] = work.rivals
  const heads = ['', ...work.columns.map(({ heading }) => heading)]
  const compared = first !== undefined && ours !== undefined && result.rivals.length > 1
  if (compared) heads.push('to ours')
  const rows = result.rivals.map(rival => {
    const figures = work.columns.map(({ key, digits }) => format(result.figure(rival, key), digits))
    if (compared) figures.push(rival === ours ? '1' : ratio(result, rival, ours, first.key))
    return [contenders[rival].label, ...figures]
  })
  return markdown([heads, ...rows])
}

/** What is to be reached, and what is. */
export function goals(results: readonly Result[]): string {
  const rows = results.flatMap(result =>
    result.work.goals.map(goal => {
      const reached = result.reached(goal)
      const beside = reached?.beside === undefined ? '' : ` (${contenders[reached.beside].label})`
      const verdict = reached === undefined ? 'not measured' : reached.actual <= goal.atMost ? 'yes' : 'no'
      const limit = `at most ${format(goal.atMost, decimals(goal.atMost))}`
      return [result.work.name, `${goal.what}${beside}`, limit, format(reached?.actual, 3), verdict]
    })
  )
  return markdown([['work', 'what', 'goal', 'measured', 'reached'], ...rows])
}

function ratio(result: Result, rival: ContenderName, ours: ContenderName, key: string): string {
  return format(result.ratio(rival, ours, key), 2)
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
