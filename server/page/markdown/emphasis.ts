import { InlineContext, type InlineParser } from '@lezer/markdown'

const ASTERISK = 42

const SPACE = /^$|\s/
const PUNCTUATION = /[\p{P}\p{S}]/u

/** Scripts that put no space between words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\u3000-\u303F\uFF00-\uFFEF]/u

/**
 * Emphasis with asterisks beside Chinese, Japanese and Korean. By CommonMark alone, asterisks between punctuation and a
 * letter are no end of emphasis, since a space would have to follow. These scripts have none.
 */
export const unspacedEmphasis: InlineParser = {
  name: 'UnspacedEmphasis',
  before: 'Emphasis',
  parse(context, next, start) {
    if (next !== ASTERISK) return -1
    let end = start + 1
    while (context.char(end) === next) end++
    const before = [...context.slice(Math.max(context.offset, start - 2), start)].at(-1) ?? ''
    const [after = ''] = context.slice(end, end + 2)
    if (!UNSPACED.test(before) && !UNSPACED.test(after)) return -1
    return context.addDelimiter(
      InlineContext.emphasisAsterisk,
      start,
      end,
      !SPACE.test(after) && (!isPunctuation(after) || isEdge(before)),
      !SPACE.test(before) && (!isPunctuation(before) || isEdge(after))
    )
  }
}

/** Whether a character keeps emphasis from beginning before it, or ending after it. That of these scripts does not. */
function isPunctuation(character: string): boolean {
  return PUNCTUATION.test(character) && !UNSPACED.test(character)
}

/** Whether emphasis may begin after this character, or end before it, when punctuation is on the other side. */
function isEdge(character: string): boolean {
  return SPACE.test(character) || PUNCTUATION.test(character) || UNSPACED.test(character)
}
