import type { SyntaxNode } from '@lezer/common'
import { inlinesOf } from './inlines.js'
import { type Attributes, type ShownElement, shown } from './nodes.js'

/** What is shown of a table. It scrolls within itself if it is wider than the conversation. */
export function tableOf(node: SyntaxNode, text: string): ShownElement {
  const delimiters = node.getChildren('TableDelimiter')
  const alignments = delimiters.flatMap(({ from, to }) => alignmentsOf(text.slice(from, to)))
  const row = (source: SyntaxNode, tag: 'th' | 'td') => {
    const cells = cellsOf(source).slice(0, alignments.length)
    return shown(
      'tr',
      alignments.map((attributes, i) => {
        const cell = cells[i]
        return shown(tag, cell ? inlinesOf(cell, text) : [], attributes)
      })
    )
  }
  const rows = (name: string, tag: 'th' | 'td') => node.getChildren(name).map(source => row(source, tag))
  return shown(
    'div',
    [
      shown('table', [shown('thead', rows('TableHeader', 'th')), shown('tbody', rows('TableRow', 'td'))], {
        dir: 'auto'
      })
    ],
    { class: 'table', tabindex: '0', role: 'group', 'aria-label': 'Table' }
  )
}

/** The cells of a row. The syntax has no node for an empty one. */
function cellsOf(row: SyntaxNode): (SyntaxNode | undefined)[] {
  const cells: (SyntaxNode | undefined)[] = []
  let cell: SyntaxNode | undefined
  let isOpen = row.firstChild?.name !== 'TableDelimiter'
  for (let child = row.firstChild; child !== null; child = child.nextSibling) {
    if (child.name === 'TableCell') cell = child
    else {
      if (isOpen) cells.push(cell)
      isOpen = true
      cell = undefined
    }
  }
  return cell === undefined ? cells : [...cells, cell]
}

/** The attributes of the cells of each column, which the second line of a table says. */
function alignmentsOf(line: string): Attributes[] {
  const columns = line.replace(/^[\s|]*|[\s|]*$/g, '').split('|')
  return columns.map(column => {
    const isEnd = column.trimEnd().endsWith(':')
    if (!isEnd) return {}
    return { class: column.trimStart().startsWith(':') ? 'is-centered' : 'is-at-end' }
  })
}
