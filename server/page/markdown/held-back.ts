/** How long a line may be that is held back. A longer one is shown all the same. Characters. */
const MAX_HELD = 300

/** A line that may be the beginning of anything: the end of code, a heading, an item, what is below a heading. */
const MARKS_ALONE = /^[ \t>]*(?:[-+*_=~`#|:$\\ \t]+|\d{1,9}[.)]?)?[ \t]*$/

/** A line that may be a row of a table. */
const ROW = /^[ \t>]*\|/

/** A link whose address has not ended. */
const OPEN_LINK = /\]\([^\s)]*$/

/**
 * The part of a growing text that looks the same when more of it has come. The rest is held back, some words at most:
 * it would be shown as what it is not, say the end of code as code, or the first row of a table as a paragraph.
 */
export function settledPart(text: string): string {
  const start = text.lastIndexOf('\n') + 1
  const line = text.slice(start)
  if (line.length > MAX_HELD) return text
  if (ROW.test(line) && isFirstRow(text, start)) return text.slice(0, start)
  if (MARKS_ALONE.test(line)) {
    const before = text.lastIndexOf('\n', start - 2) + 1
    const isAfterFirstRow =
      start - before <= MAX_HELD && ROW.test(text.slice(before, start)) && isFirstRow(text, before)
    if (isAfterFirstRow) return text.slice(0, before)
    return line.trim() === '' ? text : text.slice(0, start)
  }
  const link = OPEN_LINK.exec(line)
  return link === null ? text : text.slice(0, start + link.index + 1)
}

/** Whether the line before the one that starts here is no row of a table. */
function isFirstRow(text: string, start: number): boolean {
  const before = text.slice(0, Math.max(0, start - 1))
  return !ROW.test(before.slice(before.lastIndexOf('\n') + 1))
}
