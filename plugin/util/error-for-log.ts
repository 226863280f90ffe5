import { maskSecrets } from './secrets.js'
import { give, isError, read } from './thrown.js'

/** How much of a message or a stack is kept, and how long the text of a field may be. Characters. */
const MAX_TEXT = 4000
const MAX_FIELD = 200

/** How deep causes are followed, and how many errors of an AggregateError are kept. */
const MAX_DEPTH = 4

const TEXTS = ['message', 'stack']
const KNOWN = [...TEXTS, 'cause', 'errors']

/**
 * A copy of an error that is fit for a log. SDKs attach the request and the response to their errors, with keys and
 * prompts in them, and log serializers write out whatever is attached. The copy has the class of the error, its
 * message, stack, plain fields and causes, with keys masked.
 */
export function errorForLog(error: Error, depth = 0): Error {
  const copy: Error = Object.create(Object.getPrototypeOf(error))
  // The getters of some classes refuse an object that they have not made, such as those of DOMException.
  for (const key in copy) give(copy, key, read(error, key))
  for (const key of keysOf(error)) {
    const value = read(error, key)
    if (isPlain(value)) give(copy, key, typeof value === 'string' ? maskSecrets(value) : value, true)
  }
  for (const key of TEXTS) give(copy, key, textOf(error, key) ?? '')
  const cause = read(error, 'cause')
  if (isError(cause) && depth < MAX_DEPTH) give(copy, 'cause', errorForLog(cause, depth + 1))
  const errors = read(error, 'errors')
  if (Array.isArray(errors) && depth < MAX_DEPTH) {
    const some = errors.filter(isError).slice(0, MAX_DEPTH)
    give(
      copy,
      'errors',
      some.map(each => errorForLog(each, depth + 1))
    )
  }
  return copy
}

/**
 * Makes an error itself fit for a log, unless it is frozen: keys in its message and stack are masked, its cause is
 * replaced by a copy, and what is attached to it can still be read, but log serializers do not write it out.
 */
export function hideFromLog(error: Error): void {
  for (const key of TEXTS) {
    const text = textOf(error, key)
    if (text !== undefined && text !== read(error, key)) give(error, key, text)
  }
  const cause = read(error, 'cause')
  if (isError(cause)) give(error, 'cause', errorForLog(cause))
  for (const key of keysOf(error)) {
    const value = read(error, key)
    const isFit = isPlain(value) && (typeof value !== 'string' || maskSecrets(value) === value)
    if (!isFit) give(error, key, value)
  }
}

function textOf(error: Error, key: string): string | undefined {
  const text = read(error, key)
  // A key that is cut at the end must not remain.
  return typeof text === 'string' ? maskSecrets(text.slice(0, 2 * MAX_TEXT)).slice(0, MAX_TEXT) : undefined
}

function keysOf(error: Error): string[] {
  try {
    return Object.keys(error).filter(key => !KNOWN.includes(key))
  } catch {
    return []
  }
}

/** Whether a value tells something, and can hold no request. */
function isPlain(value: unknown): boolean {
  return typeof value === 'string' ? value.length <= MAX_FIELD : typeof value === 'number' || typeof value === 'boolean'
}
