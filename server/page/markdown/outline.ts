/** The elements for the headings of an answer, which are below those of the page. */
const TAGS = ['h3', 'h4', 'h5', 'h6'] as const

/** Gives the headings of a text levels that follow each other, whatever levels the model wrote. */
export class Outline {
  /** The levels of the headings that the last one is under, and its own. */
  readonly #levels: number[] = []

  /** @param level what the model wrote; `undefined` for what is no heading */
  next(level: number | undefined): (typeof TAGS)[number] | undefined {
    if (level === undefined) return undefined
    while ((this.#levels.at(-1) ?? 0) >= level) this.#levels.pop()
    this.#levels.push(level)
    return TAGS[Math.min(this.#levels.length, TAGS.length) - 1]
  }
}
