import { isObject } from './values.js'

/** How deep content may be nested: a list of parts, a part, its text, the value of its text. */
const MAX_DEPTH = 4

/** The text of a content, and whether part of it is of an unknown type, so that text may be lost. */
export interface Content {
  text: string
  isUnknown: boolean
}

const NOTHING: Content = { text: '', isUnknown: false }

/**
 * Reads the content of a message or a part: a string, a list of parts, or one part. A number or a boolean is a token
 * that the server sent as the JSON that it looks like. Thoughts of the model are not part of the text.
 */
export function readContent(value: unknown, depth = 0): Content {
  if (typeof value === 'string') return { text: value, isUnknown: false }
  if (typeof value === 'number' || typeof value === 'boolean') return { text: String(value), isUnknown: false }
  if (!Array.isArray(value) && !isObject(value)) return NOTHING
  if (depth > MAX_DEPTH) return { text: '', isUnknown: true }
  return Array.isArray(value) ? concat(value.map(part => readContent(part, depth + 1))) : readPart(value, depth)
}

function readPart(part: Record<string, unknown>, depth: number): Content {
  const { type, text, content, refusal, value } = part
  if (typeof type === 'string' && /think|reason/i.test(type)) return NOTHING
  const inner = text ?? content ?? refusal ?? value
  if (inner !== undefined && inner !== null) return readContent(inner, depth + 1)
  return { text: '', isUnknown: typeof type !== 'string' && Object.values(part).some(Boolean) }
}

function concat(contents: Content[]): Content {
  return { text: contents.map(({ text }) => text).join(''), isUnknown: contents.some(({ isUnknown }) => isUnknown) }
}
