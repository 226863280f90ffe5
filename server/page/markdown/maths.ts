import type { BlockParser, InlineParser, Line } from '@lezer/markdown'

const BACKSLASH = 92
const DOLLAR = 36

/** How far the end of a formula is looked for. Characters. */
const MAX_FORMULA = 1000

/** `\(x\)`, `\[x\]`, `$$x$$`, and `$x$` if the marks touch the formula, which those of prices do not. */
const FORMULA = /^(?:\\\(.+?\\\)|\\\[.+?\\\]|\$\$[^$]+\$\$|\$(?![\s$])(?:[^$\n]*[^\s$\\])?\$(?![\d$]))/s

/** A formula within a paragraph. Markdown has no say in it. */
export const inlineMaths: InlineParser = {
  name: 'InlineMaths',
  before: 'Escape',
  parse(context, next, start) {
    if (next !== BACKSLASH && next !== DOLLAR) return -1
    const [formula] = FORMULA.exec(context.slice(start, Math.min(context.end, start + MAX_FORMULA))) ?? []
    return formula === undefined ? -1 : context.addElement(context.elt('InlineMaths', start, start + formula.length))
  }
}

/** What ends a formula, by the line that begins it. */
const ENDS: Record<string, string> = { $$: '$$', '\\[': '\\]' }

/** A formula in lines of its own. Some of these look like lists or headings. A formula has no empty line. */
export const mathsBlock: BlockParser = {
  name: 'MathsBlock',
  before: 'IndentedCode',
  parse(context, line) {
    const end = endOf(line)
    if (end === undefined || context.depth > 1) return false
    const start = context.lineStart + line.pos
    while (context.nextLine() && line.next >= 0) {
      if (!line.text.trimEnd().endsWith(end)) continue
      context.nextLine()
      break
    }
    context.addElement(context.elt('MathsBlock', start, context.prevLineEnd()))
    return true
  },
  endLeaf: (context, line) => context.depth === 1 && endOf(line) !== undefined
}

function endOf(line: Line): string | undefined {
  return ENDS[line.text.trim()]
}
