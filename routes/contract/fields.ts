import { FST_SSE_INPUT_INVALID } from '../errors.js'
import { isMediaUrl, MEDIA_URL } from './content.js'

/**
 * An object that a client has sent, read field by field. `null` stands for a field that is not given. What has not been
 * read is `extra`.
 */
export class Fields {
  readonly #object: Record<string, unknown>
  readonly #path: string
  readonly #known = new Set<string>()

  /**
   * @param path where the client has put it, such as `messages[0]`; `''` for the body
   * @throws FST_SSE_INPUT_INVALID unless it is an object
   */
  constructor(value: unknown, path: string, what = 'an object') {
    if (!isObject(value)) throw invalid(path, `takes ${what}`)
    this.#object = value
    this.#path = path
  }

  /** Where the client has put a field. */
  pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`
  }

  /** The object as it is. */
  get raw(): Record<string, unknown> {
    return this.#object
  }

  has(name: string): boolean {
    return (this.#object[name] ?? undefined) !== undefined
  }

  /** The field as it is; `undefined` if it is not given. */
  any(name: string): unknown {
    this.#known.add(name)
    return this.#object[name] ?? undefined
  }

  string(name: string): string | undefined {
    return this.#typed(name, 'a string', isString)
  }

  /** The URL of an image or a file. */
  url(name: string): string | undefined {
    return this.#typed(name, MEDIA_URL, isUrl) as string | undefined
  }

  number(name: string): number | undefined {
    return this.#typed(name, 'a number', isNumber)
  }

  integer(name: string, minimum = Number.NEGATIVE_INFINITY): number | undefined {
    const what = minimum === Number.NEGATIVE_INFINITY ? 'a whole number' : `a whole number, ${minimum} or more`
    return this.#typed(name, what, value => isInteger(value) && value >= minimum) as number | undefined
  }

  boolean(name: string): boolean | undefined {
    return this.#typed(name, 'true or false', isBoolean)
  }

  list(name: string, what = 'a list'): unknown[] | undefined {
    return this.#typed(name, what, Array.isArray)
  }

  object(name: string, what = 'an object'): Record<string, unknown> | undefined {
    return this.#typed(name, what, isObject)
  }

  /** The fields of an object, or `undefined` if it is not given. */
  fields(name: string, what = 'an object'): Fields | undefined {
    const value = this.any(name)
    return value === undefined ? undefined : new Fields(value, this.pathOf(name), what)
  }

  /** @throws FST_SSE_INPUT_INVALID if a field is not given */
  required<T>(name: string, value: T | undefined, what: string): T {
    if (value === undefined) throw this.invalid(name, `is missing, it takes ${what}`)
    return value
  }

  /** An error that names a field. */
  invalid(name: string, what: string): Error {
    return invalid(this.pathOf(name), what)
  }

  /** What the client has sent beyond the fields that were read; `undefined` for nothing. */
  extra(): Record<string, unknown> | undefined {
    const entries = Object.entries(this.#object).filter(([name, value]) => !this.#known.has(name) && value !== null)
    return entries.length === 0 ? undefined : Object.fromEntries(entries)
  }

  /** Reads fields that are dropped: the answers of the API have them, and its requests have no use for them. */
  drop(...names: string[]): void {
    for (const name of names) this.#known.add(name)
  }

  #typed<T>(name: string, what: string, is: (value: unknown) => value is T): T | undefined
  #typed(name: string, what: string, is: (value: unknown) => boolean): unknown
  #typed(name: string, what: string, is: (value: unknown) => boolean): unknown {
    const value = this.any(name)
    if (value === undefined || is(value)) return value
    throw this.invalid(name, `takes ${what}`)
  }
}

/** The error for a wrong field. @param path where the client has put it; `''` for the body */
export function invalid(path: string, what: string): Error {
  return Object.assign(new FST_SSE_INPUT_INVALID(path === '' ? 'body' : path, what), { param: path || null })
}

/** Leaves out what is `undefined`. */
export function given<T extends object>(fields: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function isUrl(value: unknown): boolean {
  return isString(value) && isMediaUrl(value)
}

/** JSON may have numbers that are too large to be one here, such as `1e400`. */
function isNumber(value: unknown): value is number {
  return Number.isFinite(value)
}

/** Beyond 2^53, a number has the nearest value that there is. OpenAI's `seed` has 64 bits. */
function isInteger(value: unknown): value is number {
  return Number.isInteger(value)
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean'
}
