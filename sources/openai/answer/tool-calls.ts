import { randomUUID } from 'node:crypto'
import type { AnswerPart } from '../../../routes/generate.js'
import { isObject } from './values.js'

type ToolCallPart = Extract<AnswerPart, { type: 'tool-call' }>

/** A call as far as it has come. */
interface Call {
  readonly id: string
  name: string
  /** Arguments that came before the name. */
  held: string
}

/**
 * Joins the pieces in which a provider sends the calls of tools. Servers differ: some leave out the index, some give
 * the same index to all calls, some send no id, or a whole call at once with its arguments as an object.
 */
export class ToolCalls {
  readonly #byIndex = new Map<number, Call>()
  #last: Call | undefined

  /** Whether arguments have come for a call whose name has not. */
  get isIncomplete(): boolean {
    return [...this.#byIndex.values()].some(({ held }) => held !== '')
  }

  /** Takes the `tool_calls` of a delta or a message, or its older `function_call`. */
  take(calls: unknown, older: unknown): ToolCallPart[] {
    const list = Array.isArray(calls) ? calls : isObject(calls) ? [calls] : []
    const all = isObject(older) ? [...list, { function: older }] : list
    return all.filter(isObject).flatMap(call => this.#takeCall(call))
  }

  #takeCall({ index, id, function: called, name, arguments: flat }: Record<string, unknown>): ToolCallPart[] {
    const inner = isObject(called) ? called : { name, arguments: flat }
    const call = this.#callOf(index, id)
    const isBegun = call.name !== ''
    if (!isBegun && typeof inner.name === 'string') call.name = inner.name
    const piece = call.held + textOf(inner.arguments)
    call.held = call.name === '' ? piece : ''
    if (call.name === '' || (isBegun && piece === '')) return []
    return [{ type: 'tool-call', id: call.id, name: call.name, arguments: piece }]
  }

  #callOf(index: unknown, id: unknown): Call {
    const at = typeof index === 'number' ? index : undefined
    const known = at === undefined ? this.#last : this.#byIndex.get(at)
    const hasId = typeof id === 'string' && id !== ''
    if (known !== undefined && (!hasId || id === known.id)) return known
    const call = { id: hasId ? id : `call_${randomUUID()}`, name: '', held: '' }
    this.#byIndex.set(at ?? this.#byIndex.size, call)
    this.#last = call
    return call
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}
