import { breakIn } from './text-break.js'

/** From how many characters on a block ends at the next line end, and a text node at the next white space. */
const LONG_BLOCK = 1000
const LONG_NODE = 500

/**
 * A text that only grows. A browser lays out a whole paragraph, and shapes a whole text node, for every character that is
 * added to it, so that both have to stay short where the text does not.
 */
export class GrowingText {
  readonly #element: HTMLElement
  #block!: HTMLElement
  #node!: Text
  /** Of the block. */
  #length = 0
  /** Of all. */
  #shown = 0

  constructor(element: HTMLElement) {
    this.#element = element
    this.#clear()
  }

  /** Shows a text that begins with what is shown, or is shorter and so another. */
  show(text: string): void {
    if (text.length < this.#shown) this.#clear()
    const added = text.slice(this.#shown)
    this.#shown = text.length
    this.#append(added)
  }

  #append(text: string): void {
    let rest = text
    while (rest !== '') {
      if (this.#length >= LONG_BLOCK && this.#node.data.endsWith('\n')) this.#startBlock()
      // As much as a block may have, up to the end of a line.
      const lineEnd = rest.indexOf('\n', Math.max(0, LONG_BLOCK - this.#length))
      const end = lineEnd === -1 ? rest.length : lineEnd + 1
      this.#extend(rest.slice(0, end))
      rest = rest.slice(end)
    }
  }

  #extend(text: string): void {
    let rest = text
    while (rest !== '') {
      const room = Math.max(0, LONG_NODE - this.#node.length)
      const at = rest.length <= room ? -1 : breakIn(rest, room)
      this.#node.appendData(at === -1 ? rest : rest.slice(0, at))
      if (at === -1) break
      rest = rest.slice(at)
      this.#startNode()
    }
    this.#length += text.length
  }

  #clear(): void {
    this.#element.replaceChildren()
    this.#shown = 0
    this.#startBlock()
  }

  #startBlock(): void {
    this.#block = document.createElement('div')
    this.#length = 0
    this.#startNode()
    this.#element.append(this.#block)
  }

  #startNode(): void {
    this.#node = new Text()
    this.#block.append(this.#node)
  }
}
