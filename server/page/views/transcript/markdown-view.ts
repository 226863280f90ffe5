import { MarkdownDocument } from '../../markdown/document.js'
import type { Shown, ShownElement } from '../../markdown/nodes.js'

/** Shows a text in Markdown that grows. Of the page, only what has changed is touched. */
export class MarkdownView {
  readonly #element: HTMLElement
  readonly #document = new MarkdownDocument()
  #source = ''
  #isGrowing = false
  #shown: readonly Shown[] = []

  constructor(element: HTMLElement) {
    this.#element = element
  }

  /** @param isGrowing whether more of the text may come */
  show(text: string, isGrowing: boolean): void {
    if (text === this.#source && isGrowing === this.#isGrowing) return
    this.#source = text
    this.#isGrowing = isGrowing
    const shown = isGrowing ? this.#document.showGrowing(text) : this.#document.show(text)
    replaceChildren(this.#element, this.#shown, shown)
    this.#shown = shown
  }
}

/** Makes the children of an element what is to be shown, instead of what was. */
function replaceChildren(parent: Node, before: readonly Shown[], after: readonly Shown[]): void {
  let child = parent.firstChild
  for (const [i, shown] of after.entries()) {
    const old = before[i]
    if (child === null || old === undefined) {
      parent.appendChild(create(shown))
      continue
    }
    if (old !== shown) child = replace(child as Text | Element, old, shown)
    child = child.nextSibling
  }
  while (child !== null) {
    const next: ChildNode | null = child.nextSibling
    child.remove()
    child = next
  }
}

/** @returns the node that shows it */
function replace(node: Text | Element, before: Shown, after: Shown): ChildNode {
  if (typeof after === 'string' && typeof before === 'string') {
    const text = node as Text
    if (after.startsWith(before)) text.appendData(after.slice(before.length))
    else text.data = after
    return text
  }
  if (typeof after !== 'string' && typeof before !== 'string' && isAlike(before, after)) {
    replaceChildren(node, before.children, after.children)
    return node
  }
  const created = create(after)
  node.replaceWith(created)
  return created
}

function isAlike(before: ShownElement, after: ShownElement): boolean {
  return before.tag === after.tag && JSON.stringify(before.attributes) === JSON.stringify(after.attributes)
}

function create(shown: Shown): ChildNode {
  if (typeof shown === 'string') return new Text(shown)
  const element = document.createElement(shown.tag)
  for (const [name, value] of Object.entries(shown.attributes)) element.setAttribute(name, value)
  element.append(...shown.children.map(create))
  return element
}
