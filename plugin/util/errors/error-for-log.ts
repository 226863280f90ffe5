import { cut } from './cut.js'
import { maskSecrets } from './secrets.js'
import { give, isError, prototypesOf, read } from './thrown.js'

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
  const copy: Error = Object.create(prototypesOf(error)[0] ?? Error.prototype)
  // The getters of some classes refuse an object that they have not made, such as those of DOMException.
  for (const key in copy) give(copy, key, read(error, key))
  for (const key of keysOf(error)) {
    const value = read(error, key)
    if (isPlain(value)) give(copy, key, typeof value === 'string' ? maskSecrets(value) : value, true)
  }
  for (const key of TEXTS) give(copy, key, textOf(error, key) ?? '')
  if (depth < MAX_DEPTH) copyCauses(error, copy, depth + 1)
  return copy
}

/** Gives an error copies of the causes of another one, or of its own. */
function copyCauses(error: Error, copy: Error, depth: number): void {
  const cause = read(error, 'cause')
  if (isError(cause)) give(copy, 'cause', errorForLog(cause, depth))
  const errors = errorsOf(error)
  if (errors !== undefined) {
    give(
      copy,
      'errors',
      errors.map(each => errorForLog(each, depth))
    )
  }
}

/** Some of the errors of an AggregateError; `undefined` for any other error. */
function errorsOf(error: Error): Error[] | undefined {
  try {
    const errors = read(error, 'errors')
    return Array.isArray(errors) ? errors.filter(isError).slice(0, MAX_DEPTH) : undefined
  } catch {
    return undefined
  }
}

/**
 * Makes an error itself fit for a log, unless it is frozen: keys in its message and stack are masked, its causes are
 * replaced by copies, and what is attached to it can still be read, but log serializers do not write it out.
 */
export function hideFromLog(error: Error): void {
  for (const key of TEXTS) {
    const text = textOf(error, key)
    if (text !== undefined && text !== read(error, key)) give(error, key, text)
  }
  copyCauses(error, error, 1)
  const cause = read(error, 'cause')
  if (typeof cause === 'object' && cause !== null) give(error, 'cause', cause)
  for (const key of keysOf(error)) {
    const value = read(error, key)
    const isFit = isPlain(value) && (typeof value !== 'string' || maskSecrets(value) === value)
    if (!isFit) give(error, key, value)
  }
}

function textOf(error: Error, key: string): string | undefined {
  const text = read(error, key)
  return typeof text === 'string' ? fitText(text) : undefined
}

/** A text of an error without keys, and not longer than a log or a client needs. */
export function fitText(text: string): string {
  // A key that is cut at the end must not remain.
  return cut(maskSecrets(text.slice(0, 2 * MAX_TEXT)), MAX_TEXT)
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
