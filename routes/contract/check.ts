import type { TSchema } from '@sinclair/typebox'
import { compileValidator, type Problem } from '../../plugin/toolkit.js'
import type { Limits } from '../limits.js'
import { type AssistantPart, answerParts, type ContentPart, inputParts, isMediaUrl, MEDIA_URL } from './content.js'
import { type Message, messageSchemas } from './message.js'
import { RequestOptions } from './request.js'

type Find = (value: unknown) => Problem | undefined
type Fields = Record<string, unknown>

const ROLES = Object.keys(messageSchemas)
  .map(role => JSON.stringify(role))
  .join(', ')

const findOptionsProblem = compileValidator(RequestOptions)
const inputPartFinders = compileEach(inputParts)
const answerPartFinders = compileEach(answerParts)
/** Content that is a list is checked part by part, so that the wrong part is named. */
const messageFinders = compileEach(messageSchemas)

/** Finds what is wrong with the options of a request, which have `messages` beside them. */
export function findProblemOfOptions({ messages: _, ...options }: Fields): Problem | undefined {
  return findOptionsProblem(options)
}

/** Finds what is wrong with a conversation, and names the message, its field or its part. */
export function findProblemOfMessages(messages: unknown, limits: Limits): Problem | undefined {
  const { maxMessages } = limits
  if (!Array.isArray(messages) || messages.length < 1 || messages.length > maxMessages) {
    return { where: 'messages', what: `takes a list of 1 to ${maxMessages} messages` }
  }
  for (const [index, message] of messages.entries()) {
    const problem = findProblemOfMessage(message, limits)
    if (problem !== undefined) return within(`messages/${index}`, problem)
  }
  return undefined
}

function findProblemOfMessage(message: unknown, { maxTextLength }: Limits): Problem | undefined {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    return { where: '', what: 'takes an object with role and content' }
  }
  const { role, content } = message as Fields
  const find = typeof role === 'string' ? messageFinders.get(role) : undefined
  if (find === undefined) return { where: 'role', what: `takes one of ${ROLES}` }
  const finders = role === 'assistant' ? answerPartFinders : inputPartFinders
  if (Array.isArray(content) && role !== 'system') {
    for (const [at, part] of content.entries()) {
      const problem = findProblemOfPart(part, finders)
      if (problem !== undefined) return within(`content/${at}`, problem)
    }
  }
  const problem = find(message)
  if (problem !== undefined) return problem
  if (lengthOf(message as Message) <= maxTextLength) return undefined
  return { where: 'content', what: `takes up to ${maxTextLength} characters, all parts together` }
}

function findProblemOfPart(part: unknown, finders: Map<string, Find>): Problem | undefined {
  const { type } = (part ?? {}) as Fields
  const find = typeof type === 'string' ? finders.get(type) : undefined
  if (find !== undefined) return find(part) ?? findProblemOfMedia(part as AssistantPart | ContentPart)
  const types = [...finders.keys()].map(name => JSON.stringify(name)).join(', ')
  return { where: '', what: `takes an object with one of the types ${types}` }
}

/** Finds an image or a file that leads nowhere. */
function findProblemOfMedia(part: AssistantPart | ContentPart): Problem | undefined {
  if (part.type !== 'image' && part.type !== 'file') return undefined
  const { url } = part
  if (url !== undefined) return isMediaUrl(url) ? undefined : { where: 'url', what: `takes ${MEDIA_URL}` }
  return part.type === 'file' && part.id ? undefined : { where: '', what: 'takes a file with a url or an id' }
}

/** The length of all text of a message. */
export function lengthOf({ content }: { content: string | readonly (AssistantPart | ContentPart)[] }): number {
  if (typeof content === 'string') return content.length
  return content.reduce((sum, part) => {
    const text = 'text' in part ? part.text.length : 0
    return sum + text + (part.type === 'tool-call' ? part.arguments.length : 0)
  }, 0)
}

function within(path: string, { where, what }: Problem): Problem {
  return { where: where === '' ? path : `${path}/${where}`, what }
}

function compileEach(schemas: Record<string, TSchema>): Map<string, Find> {
  return new Map(Object.entries(schemas).map(([name, schema]) => [name, compileValidator(schema)]))
}
