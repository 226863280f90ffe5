import type { SseEvent } from '../../sse/event.js'
import { type ItemMap, kRest } from '../item-map.js'
import { hasNoArguments, isCut, NO_ARGUMENTS } from './call-arguments.js'
import type { Finish } from './finish.js'
import { type AnswerPart, partOf, type ReasoningPart, type ToolCallPart } from './part.js'

/** The event of a part, or the text of one. A refusal is text to those who read it. */
export function toEvent(part: AnswerPart) {
  if (typeof part === 'string') return part
  if (part.type === 'reasoning' || part.type === 'tool-call') {
    const { type: event, ...data } = part
    return { event, data } as { event: 'reasoning'; data: Omit<ReasoningPart, 'type'> }
  }
  return part.text
}

/**
 * Makes the `map` of one stream that turns the parts of an answer into events. A call without arguments gets them when
 * the answer has ended, unless it was cut: clients parse what they have joined of a call.
 */
export function answerEvents() {
  /** The calls by their ids, and whether they have no arguments so far. Most answers have no calls. */
  let calls: Map<string, { name: string; isEmpty: boolean }> | undefined
  const map = (item: unknown) => {
    const part = partOf(item)
    return toEvent(typeof part === 'string' || part.type !== 'tool-call' ? part : follow(part))
  }
  const rest = (returned: unknown): SseEvent[] => {
    const { finishReason } = Object(returned) as Partial<Finish>
    if (calls === undefined || finishReason === undefined || isCut({ finishReason })) return []
    const empty = [...calls].filter(([, { isEmpty }]) => isEmpty)
    return empty.map(([id, { name }]) => ({ event: 'tool-call', data: { id, name, arguments: NO_ARGUMENTS } }))
  }
  return Object.assign(map, { [kRest]: rest }) satisfies ItemMap

  function follow(piece: ToolCallPart): ToolCallPart {
    const { id, name } = piece
    calls ??= new Map()
    if (calls.get(id)?.isEmpty === false) return piece
    const isEmpty = hasNoArguments(piece)
    calls.set(id, { name, isEmpty })
    // Spaces alone are no JSON either.
    return isEmpty ? { ...piece, arguments: '' } : piece
  }
}
