import { isObject } from './values.js'

/** How deep content may be nested: a list of parts, a part, its text, the value of its text. */
const MAX_DEPTH = 4

/** What a content says. */
export interface Content {
  text: string
  /** What the model thought. */
  reasoning: string
  /** What the model refused with. */
  refusal: string
  /** Whether part of it is of an unknown type, so that text may be lost. */
  isUnknown: boolean
}

export const NOTHING: Content = { text: '', reasoning: '', refusal: '', isUnknown: false }

/**
 * Reads the content of a message or a part: a string, a list of parts, or one part. A number or a boolean is a token
 * that the server sent as the JSON that it looks like.
 */
export function readContent(value: unknown, depth = 0): Content {
  if (typeof value === 'string') return { ...NOTHING, text: value }
  if (typeof value === 'number' || typeof value === 'boolean') return { ...NOTHING, text: String(value) }
  if (!Array.isArray(value) && !isObject(value)) return NOTHING
  if (depth > MAX_DEPTH) return { ...NOTHING, isUnknown: true }
  return Array.isArray(value) ? concat(value.map(part => readContent(part, depth + 1))) : readPart(value, depth)
}

function readPart(part: Record<string, unknown>, depth: number): Content {
  const { type, text, content, refusal, value, parts, thinking, reasoning, summary } = part
  const inner = text ?? content ?? value ?? parts ?? undefined
  const thought = thinking ?? reasoning ?? summary ?? undefined
  const isThought = typeof type === 'string' ? /think|reason/i.test(type) : thought !== undefined && inner === undefined
  if (isThought) return { ...NOTHING, reasoning: allOf(readContent(thought ?? inner, depth + 1)) }
  if (inner !== undefined) return readContent(inner, depth + 1)
  if (refusal !== undefined && refusal !== null) return { ...NOTHING, refusal: allOf(readContent(refusal, depth + 1)) }
  return { ...NOTHING, isUnknown: typeof type !== 'string' && Object.values(part).some(Boolean) }
}

/** All words of a content, whatever they are. */
export function allOf({ reasoning, text, refusal }: Content): string {
  return reasoning + text + refusal
}

export function concat(contents: Content[]): Content {
  const join = (name: 'text' | 'reasoning' | 'refusal') => contents.map(content => content[name]).join('')
  return {
    text: join('text'),
    reasoning: join('reasoning'),
    refusal: join('refusal'),
    isUnknown: contents.some(({ isUnknown }) => isUnknown)
  }
}
