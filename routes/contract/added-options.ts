import { findProblemOfOptions } from './check.js'
import { Fields, given, isObject } from './fields.js'
import { type RequestOptions, requestOptions } from './request.js'
import type { Tool } from './tool.js'

/** The names of the options that an application may add to what its client sends. `extra` is a place, and no option. */
export const optionNames = (Object.keys(requestOptions) as (keyof RequestOptions)[]).filter(name => name !== 'extra')

/**
 * Reads the options among the fields that an application has added to what its client sends: those with a value that
 * the contract takes. The application's own fields may have the same names, so the others are left, and are refused
 * by nobody.
 */
export function readAddedOptions(fields: Fields, names: readonly (keyof RequestOptions)[]): RequestOptions {
  const entries = names
    .filter(name => fields.has(name) && findProblemOfOptions({ [name]: fields.raw[name] }) === undefined)
    .map(name => [name, fields.any(name)])
  return Object.fromEntries(entries)
}

/**
 * Reads tools that are an object by their names, as clients of the AI SDK have them, such as assistant-ui.
 *
 * @returns `undefined` if the field has another form, and is left; no tools for an empty object
 */
export function readNamedTools(fields: Fields): Tool[] | undefined {
  const sent = fields.raw.tools
  if (!isObject(sent) || !Object.values(sent).every(isObject)) return undefined
  const tools = Object.entries(sent).map(([name, tool]) => toNamed(name, new Fields(tool, '')))
  if (findProblemOfOptions({ tools }) !== undefined) return undefined
  fields.drop('tools')
  return tools as Tool[]
}

function toNamed(name: string, tool: Fields): object {
  const [description, parameters, strict] = ['description', 'parameters', 'strict'].map(field => tool.any(field))
  return given({ name, description, parameters, strict, extra: tool.extra() })
}
