/** A character that never combines with the one before it: as an accent, as part of an emoji, or by its shape. */
const STANDS_ALONE = /[\s\p{P}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\uAC00-\uD7A3]/gu

/**
 * Finds where a text may be split into two text nodes without a change of its appearance.
 *
 * @param from the first index to consider
 * @returns the index where the second part may begin, or -1
 */
export function breakIn(text: string, from: number): number {
  STANDS_ALONE.lastIndex = from
  return STANDS_ALONE.exec(text)?.index ?? -1
}
