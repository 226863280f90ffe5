import { OTHER } from './names.js'

/** How many values an attribute may have. */
const MAX_VALUES = 100
/** The length of the longest value. Characters. */
const MAX_LENGTH = 200

/** What errors call their kind. Other texts in `code` may be anything. */
const CODE = /^[A-Z][A-Z\d_]*$/

/** Keeps the values of an attribute few: those after the first hundred are `_OTHER`. */
export class FewValues {
  readonly #seen = new Set<string>()

  /** @returns the value, or what stands for it */
  of(value: string): string {
    if (this.#seen.has(value)) return value
    if (this.#seen.size >= MAX_VALUES || value.length > MAX_LENGTH) return OTHER
    this.#seen.add(value)
    return value
  }
}

/** The kind of an error: its code, or else the name of its class. Never its message, which may say anything. */
export function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return OTHER
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && CODE.test(code) ? code : error.name
}
