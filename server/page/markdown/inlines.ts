import type { SyntaxNode } from '@lezer/common'
import { targetOf, targetOfAddress } from './links.js'
import { type Shown, shown } from './nodes.js'
import { joined } from './texts.js'

/** How deep elements are nested. Deeper ones are text: the reader sees no difference, and the browser stays fast. */
const MAX_DEPTH = 16

/** What of the syntax is not shown. */
const MARKS = new Set([
  'HeaderMark',
  'QuoteMark',
  'EmphasisMark',
  'StrikethroughMark',
  'CodeMark',
  'LinkMark',
  'LinkTitle',
  'TableDelimiter'
])

const TAGS: Record<string, 'em' | 'strong' | 'del'> = { Emphasis: 'em', StrongEmphasis: 'strong', Strikethrough: 'del' }

/** What is shown of the inline content of a block. */
export function inlinesOf(node: SyntaxNode, text: string): readonly Shown[] {
  return new Inlines(text).of(node)
}

class Inlines {
  readonly #text: string
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  of(node: SyntaxNode, from = node.from, to = node.to): Shown[] {
    const parts: Shown[] = []
    let at = from
    for (let child = node.firstChild; child !== null; child = child.nextSibling) {
      if (child.from < from || child.to > to) continue
      parts.push(this.#text.slice(at, child.from), ...this.#one(child))
      at = child.to
    }
    parts.push(this.#text.slice(at, to))
    return joined(parts)
  }

  #one(node: SyntaxNode): readonly Shown[] {
    const { name, from, to } = node
    const tag = TAGS[name]
    if (tag !== undefined) return this.#nested(node, () => [shown(tag, this.of(node))])
    if (MARKS.has(name)) return []
    if (name === 'Escape') return [this.#text.slice(from + 1, to)]
    if (name === 'HardBreak') return ['\n']
    if (name === 'LineBreak') return [shown('br', [])]
    if (name === 'InlineCode') return [shown('code', [codeOf(this.of(node))])]
    if (name === 'InlineMaths') return [shown('span', [this.#text.slice(from, to)], { class: 'maths', dir: 'ltr' })]
    if (name === 'TaskMarker') return [taskOf(this.#text.slice(from, to))]
    if (name === 'Link' || name === 'Image' || name === 'Autolink') return this.#nested(node, () => this.#link(node))
    // What is left is an address.
    return this.#address(this.#text.slice(from, to))
  }

  /** An image is a link: the reader decides whether its server learns of the answer. */
  #link(node: SyntaxNode): readonly Shown[] {
    const source = this.#text.slice(node.from, node.to)
    if (node.name === 'Autolink') return this.#address(source.slice(1, -1))
    const url = node.getChild('URL')
    const target = url === null ? undefined : targetOf(this.#text.slice(url.from, url.to))
    if (target === undefined) return [source]
    const [open, close] = node.getChildren('LinkMark')
    const label = this.of(node, open?.to, close?.from)
    return [anchor(label.some(part => part !== '') ? label : [target], target)]
  }

  #address(address: string): readonly Shown[] {
    const target = targetOfAddress(address)
    return [target === undefined ? address : anchor([address], target)]
  }

  #nested(node: SyntaxNode, build: () => readonly Shown[]): readonly Shown[] {
    if (this.#depth === MAX_DEPTH) return [this.#text.slice(node.from, node.to)]
    this.#depth++
    const parts = build()
    this.#depth--
    return parts
  }
}

/** Nothing of this page goes to where a link leads. */
function anchor(label: readonly Shown[], target: string): Shown {
  return shown('a', label, { href: target, rel: 'noopener noreferrer nofollow', target: '_blank', title: target })
}

/** One space is taken from either side, so that code may begin with a backtick. */
function codeOf(parts: readonly Shown[]): string {
  const code = parts.join('').replaceAll('\n', ' ')
  return /^ .*[^ ].* $/.test(code) ? code.slice(1, -1) : code
}

function taskOf(source: string): Shown {
  const isDone = source !== '[ ]'
  return shown('span', [isDone ? '☑' : '☐'], { class: 'task', role: 'img', 'aria-label': isDone ? 'done' : 'to do' })
}
