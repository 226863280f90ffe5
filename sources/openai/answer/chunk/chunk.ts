import type { Usage } from '../../../../routes/generate.js'
import { hasCalls } from '../tool-calls/pieces.js'
import { allOf, type Content, concat, NOTHING, readContent } from './content.js'
import { type Ending, readEnding } from './finish-reason.js'
import { readUsage } from './usage.js'
import { isObject } from './values.js'

type Fields = Record<string, unknown>

/** What a chunk says. Servers leave out any of it, or put it elsewhere. */
export interface Chunk {
  first: Choice
  usage: Usage | undefined
  /** What further choices say that are as much the answer as the first one is. */
  others: readonly Choice[]
}

/** What a choice of a chunk says. */
export interface Choice {
  /** The next text of the answer. */
  text: string
  /** The next text of what the model thinks. */
  reasoning: string
  /** The next text that the model refuses with. */
  refusal: string
  /** What has calls of tools. */
  calls: Fields | undefined
  /** Whether these are all calls of a whole message. */
  areCallsWhole: boolean
  /** The text of the whole message, if the choice has a message instead of a delta. */
  whole: string | undefined
  /** Whether it has content of a type that cannot be read. */
  isUnreadable: boolean
  ending: Ending | undefined
}

const NO_CHOICES: readonly Choice[] = []

/** Where servers put what the model thinks. Some send the same thoughts under several names. */
const THOUGHTS = ['reasoning_content', 'reasoning', 'thinking', 'reasoning_text', 'reasoning_details']

/** Reads the first choice of a chunk. An object without choices and usage is not a chunk. */
export function readChunk(object: Fields): Chunk | undefined {
  const { choices, usage, x_groq: groq } = object
  const isChunk = Array.isArray(choices) || isObject(choices) || isObject(usage) || isObject(groq)
  if (!isChunk && !isEmptyChunk(object)) return undefined
  const list: unknown[] = Array.isArray(choices) ? choices : [choices]
  const choice = list.find(isFirst) ?? {}
  return {
    first: readChoice(choice),
    usage: readUsage(usage) ?? readUsage(choice.usage) ?? readUsage(isObject(groq) ? groq.usage : undefined),
    others: list.length > 1 ? list.filter(isFirst).slice(1).map(readChoice) : NO_CHOICES
  }
}

function isEmptyChunk(object: Fields): boolean {
  return object.choices === null || object.usage === null
}

/**
 * Of several choices, those with the index 0, or without an index, are the answer. Some servers put its text into one
 * and its calls of tools into another.
 */
export function isFirst(choice: unknown): choice is Fields {
  return isObject(choice) && !(typeof choice.index === 'number' && choice.index > 0)
}

function readChoice(choice: Fields): Choice {
  const { delta, message } = choice
  const { text, reasoning, refusal, whole, isUnknown } = readText(choice)
  const calls = hasCalls(delta) ? delta : undefined
  const areCallsWhole = calls === undefined && hasCalls(message)
  return {
    text,
    reasoning,
    refusal,
    calls: areCallsWhole ? message : (calls ?? (hasCalls(choice) ? choice : undefined)),
    areCallsWhole,
    whole,
    isUnreadable: isUnknown,
    ending: readEnding(choice.finish_reason) ?? readEnding(choice.finishReason)
  }
}

/**
 * Perplexity sends a delta and the message so far in each chunk. The last chunk of MiniMax has only the message; others
 * send it with a delta that says nothing.
 */
function readText({ delta, message, text }: Fields): Content & { whole?: string | undefined } {
  const read = delta === undefined || delta === null ? NOTHING : readMessage(delta)
  if (read.text !== '' || read.reasoning !== '' || read.refusal !== '' || read.isUnknown) return read
  if (message !== undefined && message !== null && !hasCalls(delta)) {
    const { text: whole, ...rest } = readMessage(message)
    return { ...rest, text: '', whole }
  }
  // Legacy completions have their text here.
  return readContent(text)
}

/** Reads a delta or a message: an object with content, or the content itself. */
function readMessage(message: unknown): Content {
  if (!isObject(message)) return typeof message === 'string' || Array.isArray(message) ? readContent(message) : NOTHING
  const { content, refusal } = message
  const reasoning = readThoughts(message)
  if (typeof content === 'string' && (refusal === undefined || refusal === null)) {
    return { text: content, reasoning, refusal: '', isUnknown: false }
  }
  const refused = readContent(refusal)
  return concat([
    { ...NOTHING, reasoning },
    readContent(content),
    { ...NOTHING, refusal: allOf(refused), isUnknown: refused.isUnknown }
  ])
}

function readThoughts(message: Fields): string {
  for (const key of THOUGHTS) {
    const thoughts = message[key] === undefined ? '' : allOf(readContent(message[key]))
    if (thoughts !== '') return thoughts
  }
  return ''
}
