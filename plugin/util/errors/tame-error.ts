import { types } from 'node:util'
import { give, isError, prototypesOf, read } from './thrown.js'

/** How deep the causes of what is no Error are looked into. */
const MAX_DEPTH = 4

/** What log serializers read of a cause. */
const READ_OF_CAUSE = ['message', 'stack', 'cause']

/** The getters of these are those of the platform. */
const OF_PLATFORM: readonly object[] = [Object.prototype, Error.prototype, DOMException.prototype]

/** What Fastify and log serializers read of an error, and which values they can use. */
const FIT: Readonly<Record<string, (value: unknown, error: Error) => boolean>> = {
  message: isString,
  name: isString,
  stack: isString,
  code: isText,
  status: isText,
  statusCode: isText,
  headers: value => value === undefined || isPlainObject(value),
  // Serializers call a cause that is a function. A method is one of those that are made for that.
  cause: (value: unknown, error: Error) =>
    typeof value === 'function' ? !Object.hasOwn(error, 'cause') : isFitCause(value),
  errors: value => !types.isProxy(value),
  toJSON: value => value === undefined || typeof value === 'function',
  constructor: (value: unknown) =>
    typeof value === 'function' && !types.isProxy(value) && isPlainProperty(value, 'name')
}

/** What takes the place of a value that cannot be used. */
const INSTEAD: Readonly<Record<string, unknown>> = { message: '', name: 'Error', constructor: Error }

/**
 * An error that Fastify, log serializers and error handlers can use without a surprise: they expect texts where errors
 * have texts, and getters that do not throw, and they write to it.
 *
 * @returns the error itself if it is like that, as nearly all are; otherwise a copy, with the class of the error, and
 *   with everything of it that can be read and used
 */
export function tameError(error: Error): Error {
  return isTame(error) ? error : copyOf(error)
}

function isTame(error: Error): boolean {
  try {
    if (!Object.isExtensible(error) || prototypesOf(error).length === 0) return false
    for (const key in error) if (!isChangeable(error, key) || !isFitValue(read(error, key))) return false
    return Object.entries(FIT).every(([key, isFit]) => isChangeable(error, key) && isFit(read(error, key), error))
  } catch {
    // The stack of an error whose message is a symbol cannot be read, for example.
    return false
  }
}

function copyOf(error: Error): Error {
  const copy = new Error()
  Object.setPrototypeOf(copy, prototypesOf(error)[0] ?? Error.prototype)
  for (const key of keysOf(error)) give(copy, key, read(error, key), isShown(error, key))
  // The getters of a class may need an error that the class has made.
  for (const key in copy) if (!isChangeable(copy, key)) give(copy, key, read(error, key))
  for (const [key, isFit] of Object.entries(FIT)) {
    const value = read(error, key)
    if (!isFit(value, error)) give(copy, key, INSTEAD[key])
    else if (typeof value !== 'function' || !isPlainProperty(copy, key)) give(copy, key, value, isShown(error, key))
  }
  if (!isString(read(copy, 'stack'))) give(copy, 'stack', `${copy.name}: ${copy.message}`)
  return copy
}

function keysOf(error: Error): PropertyKey[] {
  try {
    return Reflect.ownKeys(error)
  } catch {
    return []
  }
}

/** Whether log serializers should write a property out. They read the message of what they write out. */
function isShown(error: Error, key: PropertyKey): boolean {
  try {
    return Object.prototype.propertyIsEnumerable.call(error, key) && isFitValue(read(error, key))
  } catch {
    return false
  }
}

/** Whether a property is read without running anybody's code, and can be replaced. */
function isChangeable(error: Error, key: string): boolean {
  const { configurable = true } = Object.getOwnPropertyDescriptor(error, key) ?? {}
  return configurable && isPlainProperty(error, key)
}

/** Whether a property is read without running anybody's code. */
function isPlainProperty(value: object, key: PropertyKey): boolean {
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at)) {
    if (types.isProxy(at)) return false
    const property = Object.getOwnPropertyDescriptor(at, key)
    if (property === undefined) continue
    return property.get === undefined ? 'value' in property : OF_PLATFORM.includes(at) || isNative(property.get)
  }
  return true
}

/** Newer versions of V8 give errors a getter for the stack. */
function isNative(getter: () => unknown): boolean {
  return /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(getter))
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

/** Whether a value can be written as text. */
function isText(value: unknown): boolean {
  return value === null || ['undefined', 'string', 'number', 'boolean'].includes(typeof value)
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return false
  return Object.keys(value).every(key => isPlainProperty(value, key))
}

function isFitValue(value: unknown): boolean {
  return isError(value) || isFitCause(value, MAX_DEPTH)
}

/** Whether log serializers can read a cause. One that is an Error is replaced by a copy before it is logged. */
function isFitCause(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null || isError(value)) return true
  if (types.isProxy(value) || !READ_OF_CAUSE.every(key => isPlainProperty(value, key))) return false
  return depth >= MAX_DEPTH || isFitCause(read(value, 'cause'), depth + 1)
}
