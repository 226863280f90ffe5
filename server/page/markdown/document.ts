import { type SyntaxNode, type Tree, TreeFragment } from '@lezer/common'
import { type Block, blocksOf } from './blocks.js'
import { completed } from './completed.js'
import { settledPart } from './held-back.js'
import type { Shown } from './nodes.js'
import { markdown } from './syntax.js'

/** Where marks mean nothing. */
const VERBATIM = new Set(['FencedCode', 'CodeBlock', 'MathsBlock'])

/** A text in Markdown that grows. Of what it was, only what has changed is parsed again. */
export class MarkdownDocument {
  #text = ''
  #tree: Tree = markdown.parse('')
  #blocks: readonly Block[] = []

  /** What is shown of a text of which more may come. It looks as it will then. */
  showGrowing(text: string): readonly Shown[] {
    const settled = settledPart(text)
    const shown = this.show(settled)
    const whole = this.isInCode ? settled : completed(settled)
    return whole === settled ? shown : this.show(whole)
  }

  /** What is shown of a text. Elements that have not changed are the same objects as before. */
  show(text: string): readonly Shown[] {
    const stable = commonStart(this.#text, text)
    const change = { fromA: stable, toA: this.#text.length, fromB: stable, toB: text.length }
    const fragments = TreeFragment.applyChanges(TreeFragment.addTree(this.#tree), [change])
    this.#tree = markdown.parse(text, fragments)
    this.#blocks = blocksOf(this.#tree.topNode, text, this.#blocks, stable)
    this.#text = text
    return [...this.#parts()]
  }

  /** Whether the text ends in code or in a formula of lines of their own. */
  get isInCode(): boolean {
    let node: SyntaxNode | null = this.#tree.resolveInner(this.#text.length, -1)
    while (node !== null && !VERBATIM.has(node.name)) node = node.parent
    return node !== null
  }

  /** The blocks, and what is between them. */
  *#parts(): Generator<Shown> {
    let end = 0
    for (const { from, to, shown } of this.#blocks) {
      yield this.#text.slice(end, from)
      yield* shown
      end = to
    }
    yield this.#text.slice(end)
  }
}

/** The length of the start that two texts have in common. A text that has only grown is compared at once. */
function commonStart(before: string, after: string): number {
  if (after.startsWith(before)) return before.length
  let length = 0
  while (length < before.length && before[length] === after[length]) length++
  return length
}
