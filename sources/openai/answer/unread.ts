import { isFirst } from './chunk/chunk.js'
import { isObject } from './chunk/values.js'

type Fields = Record<string, unknown>

/** The fields of a delta or a message that are read. */
const READ = /^(content|refusal|reasoning(_content|_text|_details)?|thinking(_blocks)?|tool_calls|function_call)$/

/** What a delta or a message says about itself, beside what it says. */
const OF_ITSELF = 'ids?|type|object|role|name|model|status|channel|phase|recipient|end_turn|context|fields|metadata'
const OF_CONTENT = 'signature|opaque|encrypted_content|annotations|citations?|extra_content|executed_tools'
const ABOUT = new RegExp(`(^|_)(${OF_ITSELF}|${OF_CONTENT})$`)

/** The names that content has elsewhere. */
const TEXTS = 'delta|content|texts?|parts|messages|output(_text)?|response|answer|completion|generated_text|transcript'
const CONTENT = new RegExp(`^(${TEXTS}|images?|audio)$`)

/** How deep words may be nested to be found. */
const MAX_DEPTH = 4

/**
 * Finds content in places where it is not read: in an object that is not a chunk, or a chunk that says nothing.
 *
 * @returns the name of its field
 */
export function findUnread(object: Fields): string | undefined {
  const { choices } = object
  const all = (Array.isArray(choices) ? choices : [choices]).filter(isFirst)
  return nameOf(object, isContent) ?? all.map(findInChoice).find(Boolean)
}

function findInChoice({ delta, message, ...choice }: Fields): string | undefined {
  return [delta, message].map(said => nameOf(said, isUnknown)).find(Boolean) ?? nameOf(choice, isContent)
}

function nameOf(holder: unknown, isSuspect: (name: string) => boolean): string | undefined {
  if (!isObject(holder)) return undefined
  return Object.keys(holder).find(name => isSuspect(name) && hasWords(holder[name]))
}

function isContent(name: string): boolean {
  return CONTENT.test(name)
}

function isUnknown(name: string): boolean {
  return !READ.test(name) && !ABOUT.test(name)
}

function hasWords(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'string' && value !== ''
  if (depth === MAX_DEPTH) return false
  return Object.entries(value).some(([name, inner]) => !ABOUT.test(name) && hasWords(inner, depth + 1))
}
