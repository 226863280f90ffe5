import { breakIn } from '../../markdown/text-break.js'

/** The length from which a block ends at the next line end, and a text node at the next possible break. Characters. */
const LONG_BLOCK = 1000
const LONG_NODE = 500

/**
 * A text that only grows. For each character that is added, a browser lays out the whole paragraph and shapes the whole
 * text node, so both must stay short even if the text is long.
 */
export class GrowingText {
  readonly #element: HTMLElement
  #block!: HTMLElement
  #node!: Text
  /** The length of the block. */
  #length = 0
  /** The whole text. */
  #shown = ''

  constructor(element: HTMLElement) {
    this.#element = element
    this.#clear()
  }

  /** Shows a text. If it begins with the text that is shown, the rest is appended. */
  show(text: string): void {
    if (!text.startsWith(this.#shown)) this.#clear()
    const added = text.slice(this.#shown.length)
    this.#shown = text
    this.#append(added)
  }

  #append(text: string): void {
    let rest = text
    while (rest !== '') {
      if (this.#length >= LONG_BLOCK && this.#node.data.endsWith('\n')) this.#startBlock()
      // The block takes text up to the first line end after its length limit.
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
    this.#shown = ''
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
