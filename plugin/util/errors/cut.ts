/** The start of a text, without half of a character at its end. @param length in UTF-16 code units */
export function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '')
}
