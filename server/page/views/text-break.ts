/** A character that never joins the one in front of it, be it as an accent, as a part of an emoji or by its shape. */
const STANDS_ALONE = /[\s\p{P}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\uAC00-\uD7A3]/gu

/**
 * Where a text may be taken apart without a change in how it looks.
 *
 * @param from the first place that is asked about
 * @returns the index of the character that may begin the second part, or -1
 */
export function breakIn(text: string, from: number): number {
  STANDS_ALONE.lastIndex = from
  return STANDS_ALONE.exec(text)?.index ?? -1
}
