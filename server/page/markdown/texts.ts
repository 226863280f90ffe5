import { type Attributes, type Shown, type ShownElement, shown } from './nodes.js'
import { breakIn } from './text-break.js'

/** The length from which a paragraph goes on in another element, and a text in another node. Characters. */
const LONG_PARAGRAPH = 1000
const LONG_TEXT = 500

/** Joins texts that follow each other, drops empty ones, and the indentation of each line but the first. */
export function joined(parts: readonly Shown[]): Shown[] {
  const all: Shown[] = []
  let text = ''
  const flush = () => {
    if (text !== '') all.push(text.replace(/\n[ \t]+/g, '\n'))
    text = ''
  }
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    flush()
    all.push(part)
  }
  flush()
  return all
}

/**
 * Splits the content of a paragraph into paragraphs that look like one. For each character that is added, a browser
 * lays out the whole paragraph and shapes the whole text node, so both must stay short.
 *
 * @param attributes those of each paragraph
 */
export function paragraphsOf(content: readonly Shown[], attributes: Attributes): ShownElement[] {
  const paragraphs: ShownElement[] = []
  let parts: Shown[] = []
  let length = 0
  const end = () => {
    paragraphs.push(shown('p', parts, { ...attributes, ...(paragraphs.length > 0 && { class: 'more' }) }))
    parts = []
    length = 0
  }
  for (const part of content) {
    if (typeof part !== 'string') {
      parts.push(part)
      length += lengthOf(part)
      continue
    }
    let rest = part
    for (;;) {
      const at = rest.indexOf('\n', Math.max(0, LONG_PARAGRAPH - length))
      if (at === -1 || at === rest.length - 1) break
      parts.push(...piecesOf(rest.slice(0, at + 1)))
      end()
      rest = rest.slice(at + 1)
    }
    parts.push(...piecesOf(rest))
    length += rest.length
  }
  end()
  return paragraphs
}

/** Splits a text into texts that look like one. */
export function piecesOf(text: string): string[] {
  const pieces: string[] = []
  let rest = text
  for (;;) {
    const at = rest.length > LONG_TEXT ? breakIn(rest, LONG_TEXT) : -1
    if (at === -1) break
    pieces.push(rest.slice(0, at))
    rest = rest.slice(at)
  }
  pieces.push(rest)
  return pieces
}

/** Splits code at line ends into parts that are long enough. */
export function chunksOf(code: string): string[] {
  const chunks: string[] = []
  let rest = code
  for (;;) {
    const at = rest.indexOf('\n', LONG_PARAGRAPH)
    if (at === -1 || at === rest.length - 1) break
    chunks.push(rest.slice(0, at + 1))
    rest = rest.slice(at + 1)
  }
  chunks.push(rest)
  return chunks
}

function lengthOf(part: Shown): number {
  return typeof part === 'string' ? part.length : part.children.reduce((sum, child) => sum + lengthOf(child), 0)
}
