import type { Usage } from '../../../routes/generate.js'
import { type Content, readContent } from './content.js'
import { type Ending, readEnding } from './finish-reason.js'
import { readUsage } from './usage.js'
import { isObject } from './values.js'

type Fields = Record<string, unknown>

/** What a chunk says. Servers leave out any of it, or put it elsewhere. */
export interface Chunk {
  /** The next text of the answer. */
  text: string
  /** The text of the whole message, if the chunk has a message instead of a delta. */
  whole: string | undefined
  /** Whether it has content of a type that cannot be read. */
  isUnreadable: boolean
  /** Whether it carries text, reasoning, tool calls or the like, so that the answer has not ended yet. */
  goesOn: boolean
  ending: Ending | undefined
  usage: Usage | undefined
}

const NOTHING: Content = { text: '', isUnknown: false }

/** Reads the first choice of a chunk. An object without choices and usage is not a chunk. */
export function readChunk(object: Fields): Chunk | undefined {
  const { choices, usage, x_groq: groq } = object
  const isChunk = Array.isArray(choices) || isObject(choices) || isObject(usage) || isObject(groq)
  if (!isChunk && !isEmptyChunk(object)) return undefined
  const choice = (Array.isArray(choices) ? choices : [choices]).find(isFirst) ?? {}
  const { text, whole, isUnknown } = readText(choice)
  return {
    text,
    whole,
    isUnreadable: isUnknown,
    goesOn: text !== '' || whole !== undefined || hasNews(choice.delta),
    ending: readEnding(choice.finish_reason) ?? readEnding(choice.finishReason),
    usage: readUsage(usage) ?? readUsage(choice.usage) ?? readUsage(isObject(groq) ? groq.usage : undefined)
  }
}

function isEmptyChunk(object: Fields): boolean {
  return object.choices === null || object.usage === null
}

/** Of several choices, the one with the index 0, or without an index, is the answer. */
function isFirst(choice: unknown): choice is Fields {
  return isObject(choice) && !(typeof choice.index === 'number' && choice.index > 0)
}

/** Whether a delta has anything but the role. */
function hasNews(delta: unknown): boolean {
  return isObject(delta) && Object.entries(delta).some(([key, value]) => key !== 'role' && isFilled(value))
}

function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value)
}

/** Perplexity sends a delta and the message so far in each chunk. The last chunk of MiniMax has only the message. */
function readText({ delta, message, text }: Fields): Content & { whole?: string | undefined } {
  const isEmpty = delta === undefined || delta === null || (isObject(delta) && Object.keys(delta).length === 0)
  if (isEmpty && message !== undefined && message !== null) {
    const { text: whole, isUnknown } = readMessage(message)
    return { text: '', whole, isUnknown }
  }
  const read = isEmpty ? NOTHING : readMessage(delta)
  // Legacy completions have their text here.
  return read.text === '' && !read.isUnknown ? readContent(text) : read
}

/** Reads a delta or a message: an object with content, or the content itself. */
function readMessage(message: unknown): Content {
  if (!isObject(message)) return typeof message === 'string' || Array.isArray(message) ? readContent(message) : NOTHING
  const content = readContent(message.content)
  const refusal = readContent(message.refusal)
  return { text: content.text + refusal.text, isUnknown: content.isUnknown || refusal.isUnknown }
}
