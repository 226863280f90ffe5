import { FST_SSE_EVENT_INVALID } from '../../errors.js'
import { bytesOf, isEvent } from '../../sse/event.js'
import { describe } from '../../util/errors/describe.js'

/** A JSON object: an item of the built-in protocols other than `'events'`. */
export type JsonItem = Readonly<Record<string, unknown>>

/** Reads the data of an event that a protocol has sent as JSON. */
export function readJson(data: string): JsonItem {
  return JSON.parse(data) as JsonItem
}

/** The text at a path in JSON; `undefined` if there is none. */
export function textAt(value: unknown, ...path: (string | number)[]): string | undefined {
  let at = value
  for (const key of path) at = (at as Record<string | number, unknown> | null | undefined)?.[key]
  return typeof at === 'string' ? at : undefined
}

/**
 * Checks that an item is a JSON object, and not an event.
 *
 * @param what the items of the protocol, in the words of the error
 * @throws FST_SSE_EVENT_INVALID if it is not
 */
export function jsonItemOf(item: unknown, what: string): JsonItem {
  const isText = typeof item !== 'object' || item === null || Array.isArray(item) || bytesOf(item) !== undefined
  if (isText) throw new FST_SSE_EVENT_INVALID(`the protocol takes ${what}, but it is ${describe(item)}`)
  if (isEvent(item)) throw new FST_SSE_EVENT_INVALID(`the protocol takes ${what}, and makes the events itself`)
  return item as JsonItem
}

/**
 * Checks that an item is a JSON object with a `type`.
 *
 * @param what the items of the protocol, in the words of the error
 * @throws FST_SSE_EVENT_INVALID if it is not
 */
export function typedJsonItemOf(item: unknown, what: string): JsonItem & { readonly type: string } {
  const object = jsonItemOf(item, what)
  if (typeof object.type === 'string') return object as JsonItem & { type: string }
  throw new FST_SSE_EVENT_INVALID(`the protocol takes ${what}, but its type is ${describe(object.type)}`)
}
