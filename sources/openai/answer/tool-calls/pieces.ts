import { isFilled, isObject } from '../chunk/values.js'

type Fields = Record<string, unknown>

/** A piece of a call of a tool, as far as it can be read. */
export interface Piece {
  readonly index: number | undefined
  readonly id: string | undefined
  /** `''` if it has none. */
  readonly name: string
  readonly arguments: string
  /** What the provider wants back with the call. */
  readonly extra: Fields | undefined
}

/** Where providers put what they want back with a call: the signature of the thoughts that led to it. */
const WANTED_BACK = ['extra_content', 'provider_specific_fields', 'thought_signature']

/** Whether a delta, a message or a choice has calls of tools. */
export function hasCalls(holder: unknown): holder is Fields {
  return isObject(holder) && (isFilled(holder.tool_calls) || isFilled(holder.function_call))
}

/** Reads the `tool_calls` of a delta, a message or a choice, and the older `function_call`. */
export function readPieces({ tool_calls: calls, function_call: older }: Fields): Piece[] {
  const list = listOf(calls).filter(isObject)
  const all = isObject(older) ? [...list, { function: older }] : list
  // In a list of several, those without an index are told apart by their place.
  return all.map((call, place) => readPiece(call, all.length > 1 ? place : undefined))
}

function listOf(calls: unknown): unknown[] {
  if (Array.isArray(calls)) return calls
  if (!isObject(calls)) return []
  return isObject(calls.function) || typeof calls.name === 'string' ? [calls] : Object.values(calls)
}

function readPiece(call: Fields, place: number | undefined): Piece {
  const { function: called, name, arguments: flat } = call
  const inner = isObject(called) ? called : { name, arguments: flat }
  const id = typeof call.id === 'number' ? String(call.id) : call.id
  const hasId = typeof id === 'string' && id !== ''
  return {
    index: readIndex(call.index) ?? (hasId ? undefined : place),
    id: hasId ? id : undefined,
    name: typeof inner.name === 'string' ? inner.name : '',
    arguments: textOf(inner.arguments),
    extra: readExtra(call)
  }
}

function readIndex(index: unknown): number | undefined {
  const number = typeof index === 'string' && /^\d+$/.test(index) ? Number(index) : index
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 ? number : undefined
}

function readExtra(call: Fields): Fields | undefined {
  const entries = WANTED_BACK.flatMap(key => (isFilled(call[key]) ? [[key, call[key]] as const] : []))
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}
