import type { SyntaxNode } from '@lezer/common'
import { codeOf } from './code.js'
import { inlinesOf } from './inlines.js'
import { type Attributes, type Shown, type ShownElement, shown, type Tag } from './nodes.js'
import { Outline } from './outline.js'
import { tableOf } from './table.js'
import { paragraphsOf } from './texts.js'

/** How deep lists and quotes are nested. Deeper ones are text. */
const MAX_DEPTH = 16

const CONTAINERS: Record<string, Tag> = {
  BulletList: 'ul',
  OrderedList: 'ol',
  ListItem: 'li',
  Blockquote: 'blockquote'
}

/** The level of a heading, as its name ends. */
const HEADING = /^(?:ATX|Setext)Heading([1-6])$/

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
  const outline = depth === 0 ? new Outline() : undefined
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name === 'ListMark' || child.name === 'QuoteMark') continue
    const { name, from, to } = child
    const tag = outline?.next(levelOf(name))
    const old = before[blocks.length]
    const isSame = old !== undefined && old.name === name && old.from === from
    if (isSame && old.to === to && to < stable) blocks.push(old)
    else
      blocks.push(
        tag === undefined ? blockOf(child, text, isSame ? old.blocks : [], stable, depth) : heading(child, text, tag)
      )
  }
  return blocks
}

function blockOf(node: SyntaxNode, text: string, before: readonly Block[], stable: number, depth: number): Block {
  const { name, from, to } = node
  const tag = CONTAINERS[name]
  if (tag === undefined) return { name, from, to, shown: leafOf(node, text, depth), blocks: [] }
  if (depth === MAX_DEPTH) return { name, from, to, shown: paragraphsOf([text.slice(from, to)], {}), blocks: [] }
  const blocks = blocksOf(node, text, before, stable, depth + 1)
  const children = blocks.flatMap(block => block.shown)
  return { name, from, to, shown: [shown(tag, children, attributesOf(node, text, depth))], blocks }
}

function leafOf(node: SyntaxNode, text: string, depth: number): readonly ShownElement[] {
  const { name, from, to } = node
  // One within a list or a quote is no part of the outline.
  if (HEADING.test(name)) return [shown('p', headingOf(node, text), { class: classOf(name) })]
  if (name === 'HorizontalRule') return [shown('hr', [])]
  if (name === 'FencedCode' || name === 'CodeBlock') return [codeOf(node, text)]
  if (name === 'Table') return [tableOf(node, text)]
  if (name === 'MathsBlock') return [shown('p', [text.slice(from, to)], { class: 'maths', dir: 'ltr' })]
  // Lists and quotes take their direction from what is in them, unless that has one of its own.
  return paragraphsOf(inlinesOf(node, text), depth === 0 ? { dir: 'auto' } : {})
}

function heading(node: SyntaxNode, text: string, tag: Tag): Block {
  const { name, from, to } = node
  const element = shown(tag, headingOf(node, text), { class: classOf(name), dir: 'auto' })
  return { name, from, to, shown: [element], blocks: [] }
}

/** The content of a heading. The space between it and its mark belongs to neither. */
function headingOf(node: SyntaxNode, text: string): readonly Shown[] {
  const parts = inlinesOf(node, text)
  return parts.map((part, i) => {
    if (typeof part !== 'string') return part
    const start = i === 0 ? part.trimStart() : part
    return i === parts.length - 1 ? start.trimEnd() : start
  })
}

function levelOf(name: string): number | undefined {
  const [, level] = HEADING.exec(name) ?? []
  return level === undefined ? undefined : Number(level)
}

/** It looks like the level that the model wrote. */
function classOf(name: string): string {
  return `is-level-${levelOf(name)}`
}

function attributesOf({ name, from }: SyntaxNode, text: string, depth: number): Attributes {
  const direction: Attributes = depth === 0 ? { dir: 'auto' } : {}
  if (name !== 'OrderedList') return direction
  const start = Number.parseInt(text.slice(from, from + 10), 10)
  return start === 1 ? direction : { ...direction, start: String(start) }
}
