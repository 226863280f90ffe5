import type { SyntaxNode } from '@lezer/common'
import { codeOf } from './code.js'
import { inlinesOf } from './inlines.js'
import { type Attributes, type ShownElement, shown, type Tag } from './nodes.js'
import { tableOf } from './table.js'
import { paragraphsOf } from './texts.js'

/** How deep lists and quotes are nested. Deeper ones are text. */
const MAX_DEPTH = 16

/** A heading of the answer is below those of the page. */
const HEADINGS: Record<string, `h${3 | 4 | 5 | 6}`> = {
  ATXHeading1: 'h3',
  ATXHeading2: 'h4',
  ATXHeading3: 'h5',
  ATXHeading4: 'h6',
  ATXHeading5: 'h6',
  ATXHeading6: 'h6',
  SetextHeading1: 'h3',
  SetextHeading2: 'h4'
}

const CONTAINERS: Record<string, Tag> = { BulletList: 'ul', OrderedList: 'ol', ListItem: 'li', Blockquote: 'blockquote' }

/** A block with what is shown of it. */
export interface Block {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly shown: readonly ShownElement[]
  /** The blocks in it. */
  readonly blocks: readonly Block[]
}

/**
 * Finds what is shown of the blocks in a node.
 *
 * @param before the blocks as they were when the text was shorter. What has not changed is taken from them.
 * @param stable how much of the text is as it was. Characters.
 */
export function blocksOf(
  node: SyntaxNode,
  text: string,
  before: readonly Block[],
  stable: number,
  depth = 0
): readonly Block[] {
  const blocks: Block[] = []
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name === 'ListMark' || child.name === 'QuoteMark') continue
    const { name, from, to } = child
    const old = before[blocks.length]
    const isSame = old !== undefined && old.name === name && old.from === from
    if (isSame && old.to === to && to < stable) blocks.push(old)
    else blocks.push(blockOf(child, text, isSame ? old.blocks : [], stable, depth))
  }
  return blocks
}

function blockOf(node: SyntaxNode, text: string, before: readonly Block[], stable: number, depth: number): Block {
  const { name, from, to } = node
  const tag = CONTAINERS[name]
  if (tag === undefined) return { name, from, to, shown: leafOf(node, text), blocks: [] }
  if (depth === MAX_DEPTH) return { name, from, to, shown: paragraphsOf([text.slice(from, to)]), blocks: [] }
  const blocks = blocksOf(node, text, before, stable, depth + 1)
  const children = blocks.flatMap(block => block.shown)
  return { name, from, to, shown: [shown(tag, children, attributesOf(node, text))], blocks }
}

function leafOf(node: SyntaxNode, text: string): readonly ShownElement[] {
  const { name, from, to } = node
  const heading = HEADINGS[name]
  if (heading !== undefined) return [shown(heading, trimmed(inlinesOf(node, text)), { dir: 'auto' })]
  if (name === 'HorizontalRule') return [shown('hr', [])]
  if (name === 'FencedCode' || name === 'CodeBlock') return [codeOf(node, text)]
  if (name === 'Table') return [tableOf(node, text)]
  if (name === 'MathsBlock') return [shown('p', [text.slice(from, to)], { class: 'maths', dir: 'ltr' })]
  return paragraphsOf(inlinesOf(node, text))
}

/** The space between a heading and its mark belongs to neither. */
function trimmed(parts: ReturnType<typeof inlinesOf>): ReturnType<typeof inlinesOf> {
  return parts.map((part, i) => {
    if (typeof part !== 'string') return part
    const text = i === 0 ? part.trimStart() : part
    return i === parts.length - 1 ? text.trimEnd() : text
  })
}

function attributesOf(node: SyntaxNode, text: string): Attributes {
  if (node.name === 'ListItem') return {}
  if (node.name !== 'OrderedList') return { dir: 'auto' }
  const start = Number.parseInt(text.slice(node.from, node.from + 10), 10)
  return start === 1 ? { dir: 'auto' } : { dir: 'auto', start: String(start) }
}
