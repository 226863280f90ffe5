/** How far back the beginning of emphasis or code is looked for. Characters. */
const MAX_BACK = 1000

/** Code that has ended. Nothing in it is a mark. */
const CODE = /(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/gs

/** Code that has not ended. */
const OPEN_CODE = /(?<!`)(`+)(?!`)/

/** A mark that nothing follows yet, after a space. */
const LONE_MARK = /(?<=^|[\s(])\*{1,3}$/

/** Marks that begin emphasis: there is something after them, and no word before them, as in `2**3`. */
const STRONG = /(?<![\\*\p{L}\p{N}])\*\*(?=[^\s*])/gu
const EMPHASIS = /(?<![\\*\p{L}\p{N}])\*(?=[^\s*])/gu

/** What ends them. */
const STRONG_END = /(?<=[^\s\\])\*\*/
const EMPHASIS_END = /(?<=[^\s*\\])\*(?!\*)/

/**
 * Ends the emphasis or the code that a growing paragraph is in the middle of, so that it looks from its beginning as it
 * will in the end.
 *
 * @returns the text, perhaps without a mark at its end that means nothing yet, and with what ends it
 */
export function completed(text: string): string {
  const [paragraph = ''] = text.slice(-MAX_BACK).split('\n\n').slice(-1)
  const rest = paragraph.replace(CODE, code => 'x'.repeat(code.length))
  const code = OPEN_CODE.exec(rest)
  if (code !== null) {
    const [mark] = code
    return code.index + mark.length === rest.length ? text.slice(0, -mark.length) : text + mark
  }
  const [lone = ''] = LONE_MARK.exec(rest) ?? []
  const shown = text.slice(0, text.length - lone.length)
  const marked = rest.slice(0, rest.length - lone.length)
  const strong = openedAt(marked, STRONG, STRONG_END)
  const emphasis = openedAt(marked, EMPHASIS, EMPHASIS_END)
  if (strong === -1) return emphasis === -1 ? shown : `${shown}*`
  if (emphasis !== -1) return `${shown}***`
  // The first half of the end may be there.
  const isHalf = /[^*]\*$/.test(marked) && marked.slice(strong + 2).search(EMPHASIS) === -1
  return isHalf ? `${shown}*` : `${shown}**`
}

/** Where the last mark is that has no end, or -1. */
function openedAt(text: string, begin: RegExp, end: RegExp): number {
  const last = [...text.matchAll(begin)].at(-1)
  if (last === undefined || end.test(text.slice(last.index + last[0].length))) return -1
  return last.index
}
