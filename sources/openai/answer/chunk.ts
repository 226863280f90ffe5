import type { Usage } from '../../../routes/generate.js'
import { allOf, type Content, concat, NOTHING, readContent } from './content.js'
import { type Ending, readEnding } from './finish-reason.js'
import { readUsage } from './usage.js'
import { isObject } from './values.js'

type Fields = Record<string, unknown>

/** What a chunk says. Servers leave out any of it, or put it elsewhere. */
export interface Chunk {
  /** The next text of the answer. */
  text: string
  /** The next text of what the model thinks. */
  reasoning: string
  /** The next text that the model refuses with. */
  refusal: string
  /** The delta or message, which may have calls of tools. */
  message: Fields
  /** The text of the whole message, if the chunk has a message instead of a delta. */
  whole: string | undefined
  /** Whether it has content of a type that cannot be read. */
  isUnreadable: boolean
  /** Whether it carries text, reasoning, tool calls or the like, so that the answer has not ended yet. */
  goesOn: boolean
  ending: Ending | undefined
  usage: Usage | undefined
}

/** Reads the first choice of a chunk. An object without choices and usage is not a chunk. */
export function readChunk(object: Fields): Chunk | undefined {
  const { choices, usage, x_groq: groq } = object
  const isChunk = Array.isArray(choices) || isObject(choices) || isObject(usage) || isObject(groq)
  if (!isChunk && !isEmptyChunk(object)) return undefined
  const choice = (Array.isArray(choices) ? choices : [choices]).find(isFirst) ?? {}
  const { text, reasoning, refusal, whole, isUnknown } = readText(choice)
  return {
    text,
    reasoning,
    refusal,
    message: [choice.delta, choice.message].find(hasFields) ?? {},
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
    const { text: whole, ...rest } = readMessage(message)
    return { ...rest, text: '', whole }
  }
  const read = isEmpty ? NOTHING : readMessage(delta)
  // Legacy completions have their text here.
  return allOf(read) === '' && !read.isUnknown ? readContent(text) : read
}

/** Reads a delta or a message: an object with content, or the content itself. */
function readMessage(message: unknown): Content {
  if (!isObject(message)) return typeof message === 'string' || Array.isArray(message) ? readContent(message) : NOTHING
  const refusal = readContent(message.refusal)
  // Some servers send the same thoughts under both names.
  const thoughts = readContent(message.reasoning_content ?? message.reasoning)
  return concat([
    { ...NOTHING, reasoning: allOf(thoughts) },
    readContent(message.content),
    { ...NOTHING, refusal: allOf(refusal), isUnknown: refusal.isUnknown }
  ])
}

function hasFields(message: unknown): message is Fields {
  return isObject(message) && Object.keys(message).length > 0
}
