import { FST_SSE_EVENT_INVALID } from '../../errors.js'
import type { Finish } from './finish.js'
import type { ToolCallPart } from './part.js'

/** What a call of a tool without parameters has. Providers send nothing for it, and clients parse what they get. */
export const NO_ARGUMENTS = '{}'

/** Whether a call has no arguments: nothing, or white space alone. */
export function hasNoArguments({ arguments: args }: Pick<ToolCallPart, 'arguments'>): boolean {
  return args.trim() === ''
}

/** Whether an answer was cut, so that its last call may lack arguments that the model had for it. */
export function isCut({ finishReason }: Pick<Finish, 'finishReason'>): boolean {
  return finishReason === 'length' || finishReason === 'content_filter'
}

/** Whether the arguments of a call are a whole object. */
export function isComplete({ arguments: args }: ToolCallPart): boolean {
  return args.trimEnd().endsWith('}') && jsonOf(args) !== undefined
}

/** What a text of JSON says; `undefined` if it is none. Calls without arguments may have an empty text. */
export function jsonOf(text: string): unknown {
  try {
    return text.trim() === '' ? {} : JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Checks a piece of a call whose arguments are complete: spaces may follow them, nothing else.
 *
 * @throws FST_SSE_EVENT_INVALID
 */
export function checkRest({ id, arguments: args }: ToolCallPart): void {
  if (args.trim() === '') return
  throw new FST_SSE_EVENT_INVALID(`the tool call ${JSON.stringify(id)} has more arguments after a whole JSON object`)
}
