import { Fields } from '../contract/fields.js'
import { allowedOf, isToolMode, readAllowedTools, readFunction } from '../contract/readers.js'
import type { Tool, ToolChoice } from '../contract/tool.js'

/** The tools of a request, and which of them the model may call. */
export interface ToolOptions {
  readonly tools: Tool[] | undefined
  readonly toolChoice: ToolChoice | undefined
  /** A choice that is more than the contract's. */
  readonly foreign: unknown
}

const CHOICES = '"auto", "none", "required", or an object with the type "function" or "allowed_tools"'

/** Reads the tools of a request, and which of them the model may call. */
export function readToolOptions(body: Fields): ToolOptions {
  const tools = readTools(body)
  const { toolChoice, allowed, foreign } = readToolChoice(body)
  return { tools: allowedOf(tools, allowed), toolChoice, foreign }
}

/** `functions` is the older word. */
function readTools(body: Fields): Tool[] | undefined {
  const tools = (body.list('tools') ?? []).map((value, index) => {
    const tool = new Fields(value, `tools[${index}]`)
    if ((tool.any('type') ?? 'function') !== 'function') {
      throw tool.invalid('type', 'takes "function": no other tool is supported')
    }
    return readFunction(tool.required('function', tool.fields('function'), 'an object with a name'), tool.extra())
  })
  const older = (body.list('functions') ?? []).map((value, index) =>
    readFunction(new Fields(value, `functions[${index}]`))
  )
  const all = [...tools, ...older]
  return all.length === 0 ? undefined : all
}

interface Choice {
  readonly toolChoice?: ToolChoice
  /** The names of the tools that the model may call; `undefined` for all. */
  readonly allowed?: readonly string[]
  readonly foreign?: unknown
}

/** `function_call` is the older word. */
function readToolChoice(body: Fields): Choice {
  const older = body.any('function_call')
  const choice = body.any('tool_choice')
  return choice === undefined ? readOlderChoice(older) : readChoice(choice)
}

function readChoice(choice: unknown): Choice {
  if (isToolMode(choice)) return { toolChoice: choice }
  const chosen = new Fields(choice, 'tool_choice', CHOICES)
  switch (chosen.any('type') ?? 'function') {
    case 'function':
      return { toolChoice: namedBy(chosen.required('function', chosen.fields('function'), 'an object with a name')) }
    case 'allowed_tools': {
      // Some clients send the choice as the Responses API has it.
      const { mode, names } = readAllowedTools(chosen.fields('allowed_tools') ?? chosen)
      return { toolChoice: mode, allowed: names, foreign: choice }
    }
    default:
      throw chosen.invalid('type', 'takes "function" or "allowed_tools"')
  }
}

function readOlderChoice(choice: unknown): Choice {
  if (choice === undefined) return {}
  if (isToolMode(choice)) return { toolChoice: choice }
  return { toolChoice: namedBy(new Fields(choice, 'function_call', '"auto", "none", or an object with a name')) }
}

function namedBy(called: Fields): ToolChoice {
  return { tool: called.required('name', called.string('name') || undefined, 'the name of a tool') }
}
