/** The data of the last event. */
const MARK = '[DONE]'

/** How often JSON may be wrapped in a JSON string or a list. */
const MAX_DEPTH = 2

/** The data of an event: the mark of the end, a JSON object, broken JSON, which may have held text, or others. */
export type Value =
  | { kind: 'mark' }
  | { kind: 'object'; object: Record<string, unknown> }
  | { kind: 'other'; words: string }
  | { kind: 'broken'; words: string }

/** Reads the data of an event. If the blank line between two events is missing, it has one value for each line. */
export function valuesOf(data: string, depth = 0): Value[] {
  const words = data.trim()
  if (words === MARK) return [{ kind: 'mark' }]
  const parsed = parse(words)
  if (parsed !== undefined) return flatten(parsed.value, words, depth)
  if (words.includes('\n')) return words.split('\n').flatMap(line => valuesOf(line, depth))
  return [{ kind: looksLikeJson(words) ? 'broken' : 'other', words }]
}

/** Whether a text is a JSON object or array. */
export function isJson(text: string): boolean {
  return /^[{[]/.test(text) && parse(text) !== undefined
}

/** Whether a text may be a piece of a JSON object. */
export function looksLikeJson(text: string): boolean {
  return /[{}]|"\s*[:,\]]|[:,[]\s*"/.test(text)
}

/** Whether a piece of a chunk may hold text: it has such a key, or the end of the choices, which follows any text. */
export function mayHoldText(piece: string): boolean {
  return /"(delta|message|content|text)"|\}\s*\]/.test(piece)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a value holds anything. */
export function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value)
}

/** What a text of JSON says; `undefined` if it is none. */
export function jsonOf(text: string): unknown {
  return parse(text)?.value
}

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

function flatten(value: unknown, words: string, depth: number): Value[] {
  if (isObject(value)) return [{ kind: 'object', object: value }]
  if (depth < MAX_DEPTH && typeof value === 'string') return valuesOf(value, depth + 1)
  if (depth < MAX_DEPTH && Array.isArray(value) && value.length > 0) {
    return value.flatMap(item => flatten(item, JSON.stringify(item), depth + 1))
  }
  return [{ kind: 'other', words }]
}
