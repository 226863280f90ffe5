import { GFM, type InlineParser, parser } from '@lezer/markdown'
import { unspacedEmphasis } from './emphasis.js'
import { inlineMaths, mathsBlock } from './maths.js'

const LESS_THAN = 60

/** How far the end of what begins with `<` is looked for. Characters. */
const MAX_ADDRESS = 2000

/** `<br>`, the only way to break a line in the cell of a table, and an address between `<` and `>`. */
const angleBrackets: InlineParser = {
  name: 'AngleBrackets',
  parse(context, next, start) {
    if (next !== LESS_THAN) return -1
    const source = context.slice(start, Math.min(context.end, start + MAX_ADDRESS))
    const [whole, lineBreak] = /^<(?:(br ?\/?)|(?:https?:\/\/|mailto:)[^\s<>]+)>/i.exec(source) ?? []
    if (whole === undefined) return -1
    const name = lineBreak === undefined ? 'Autolink' : 'LineBreak'
    return context.addElement(context.elt(name, start, start + whole.length))
  }
}

/**
 * GitHub's Markdown as models write it. HTML and its entities are text. There are no references to links, which would
 * change an answer long after it was read; so what defines one is text, too.
 */
export const markdown = parser.configure([
  GFM,
  {
    remove: ['HTMLBlock', 'HTMLTag', 'Entity', 'LinkReference'],
    defineNodes: ['InlineMaths', 'LineBreak', { name: 'MathsBlock', block: true }],
    parseBlock: [mathsBlock],
    parseInline: [inlineMaths, unspacedEmphasis, angleBrackets]
  }
])
