import { Fields } from '../contract/fields.js'
import { isToolMode, readAllowedTools, readFunction } from '../contract/readers.js'
import type { Tool, ToolChoice } from '../contract/tool.js'

/** The tools of a request, and those of kinds that are not the contract's, such as the provider's own. */
export interface Tools {
  readonly tools: Tool[] | undefined
  readonly foreign: unknown[]
}

/** Reads the tools of a request. */
export function readTools(body: Fields): Tools {
  const tools: Tool[] = []
  const foreign: unknown[] = []
  for (const [index, value] of (body.list('tools') ?? []).entries()) {
    const tool = new Fields(value, `tools[${index}]`, 'an object with type and name')
    const type = tool.required('type', tool.string('type'), 'a string')
    // Some clients send tools as chat completions have them.
    if (type === 'function') tools.push(readFunction(tool.fields('function') ?? tool))
    else foreign.push(value)
  }
  return { tools: tools.length === 0 ? undefined : tools, foreign }
}

/** Which tools the model may call. */
export interface Choice {
  readonly toolChoice: ToolChoice | undefined
  /** The names of the tools that it may call; `undefined` for all. */
  readonly allowed: readonly string[] | undefined
  /** A choice that is not the contract's. */
  readonly foreign: unknown
}

/** Reads which tools the model may call. */
export function readToolChoice(body: Fields): Choice {
  const choice = body.any('tool_choice')
  const none = { toolChoice: undefined, allowed: undefined, foreign: undefined }
  if (choice === undefined) return none
  if (isToolMode(choice)) return { ...none, toolChoice: choice }
  const chosen = new Fields(choice, 'tool_choice', '"auto", "none", "required", or an object with a type')
  switch (chosen.any('type')) {
    case 'function': {
      const called = chosen.fields('function') ?? chosen
      const tool = called.required('name', called.string('name') || undefined, 'the name of a tool')
      return { ...none, toolChoice: { tool } }
    }
    case 'allowed_tools': {
      // Some clients send the choice as chat completions have it.
      const { mode, names } = readAllowedTools(chosen.fields('allowed_tools') ?? chosen)
      return { toolChoice: mode, allowed: names, foreign: choice }
    }
    default:
      chosen.required('type', chosen.string('type'), 'a string')
      return { ...none, foreign: choice }
  }
}
