import type { Limits } from '../limits.js'
import type { AssistantPart, ContentPart } from './content.js'
import { Fields, given, invalid } from './fields.js'
import type { Message } from './message.js'
import type { ResponseFormat, Tool } from './tool.js'

/** What several APIs write in the same way. */

type TextPart = Extract<ContentPart, { type: 'text' }>

export const CONTENT = 'a string, or a list of parts'

/** Reads the list of messages, within limits. */
export function readMessageList(body: Fields, { maxMessages }: Limits): unknown[] {
  const what = `a list of 1 to ${maxMessages} messages`
  const list = body.required('messages', body.list('messages', what), what)
  if (list.length < 1 || list.length > maxMessages) throw body.invalid('messages', `takes ${what}`)
  return list
}

/** The error for a message that is too long. @param where it is @param what it consists of */
export function tooLong(where: string, { maxTextLength }: Limits, what = 'parts'): Error {
  return invalid(where, `takes up to ${maxTextLength} characters, all ${what} together`)
}

/** Adds what the contract has only a part of, by the name that the API has for it. */
export function withOwn(
  extra: Record<string, unknown> | undefined,
  own: Record<string, unknown>
): Record<string, unknown> | undefined {
  const all = { ...extra, ...given(own) }
  return Object.keys(all).length === 0 ? undefined : all
}

/** The format of a recording, of its media type (`audio/mpeg`). */
export function audioFormatOf(mediaType: string): string {
  return mediaType.slice(mediaType.indexOf('/') + 1).replace('mpeg', 'mp3')
}

/** Reads a content that is a list of parts. */
export function readParts(holder: Fields, name: string): Fields[] {
  return holder
    .required(name, holder.list(name, CONTENT), CONTENT)
    .map((part, index) => new Fields(part, `${holder.pathOf(name)}[${index}]`, 'an object with a type'))
}

/** Parts that are nothing but text are a string. */
export function joinText<Part extends ContentPart | AssistantPart>(parts: Part[]): string | Part[] {
  const texts = parts.flatMap(part => (part.type === 'text' && part.extra === undefined ? [part.text] : []))
  return texts.length === parts.length ? texts.join('') : parts
}

/** Adds what the API says of a message beyond the contract. */
export function withExtra<M extends Message>(message: M, extra: Record<string, unknown> | undefined): M {
  return extra === undefined || Object.keys(extra).length === 0 ? message : { ...message, extra }
}

/**
 * Reads the content of a system message: text alone. What its parts have beyond text, such as where to cache it, is
 * `more`: the content as it is.
 *
 * @param name of the content
 * @param textOf the text of a part, `undefined` if it is none
 */
export function readSystemText(
  message: Fields,
  name: string,
  textOf: (part: Fields) => string | undefined
): { text: string; more?: { content: unknown } } {
  const content = message.required(name, message.any(name), CONTENT)
  if (typeof content === 'string') return { text: content }
  const parts = readParts(message, name)
  const text = parts.map(part => part.required('text', textOf(part), 'a string')).join('')
  return parts.some(part => part.extra() !== undefined) ? { text, more: { content } } : { text }
}

export function readTextPart(part: Fields): TextPart {
  const text = part.required('text', part.string('text'), 'a string')
  return given({ type: 'text' as const, text, extra: part.extra() })
}

export function readAudioPart(part: Fields): ContentPart {
  const audio = part.required('input_audio', part.fields('input_audio'), 'an object with data and format')
  return given({
    type: 'audio' as const,
    data: audio.required('data', audio.string('data'), 'a recording in Base64'),
    format: audio.required('format', audio.string('format'), 'a format'),
    extra: part.extra()
  })
}

/** Reads a function of OpenAI's APIs. @param extra what the API says of it elsewhere */
export function readFunction(called: Fields, extra?: Record<string, unknown>): Tool {
  return given({
    name: called.required('name', called.string('name') || undefined, 'a string that is not empty'),
    description: called.string('description'),
    parameters: called.object('parameters', 'a JSON schema'),
    strict: called.boolean('strict'),
    extra: extra ?? called.extra()
  })
}

/** Whether a choice of tools of OpenAI's APIs names none of them. */
export function isToolMode(choice: unknown): choice is 'auto' | 'none' | 'required' {
  return choice === 'auto' || choice === 'none' || choice === 'required'
}

/** Which of its tools a model may call. */
export interface AllowedTools {
  readonly mode: 'auto' | 'none' | 'required'
  readonly names: readonly string[]
}

/**
 * Reads a choice of OpenAI's APIs that allows some tools (`allowed_tools`).
 *
 * @param allowed the fields that have its mode and its tools
 */
export function readAllowedTools(allowed: Fields): AllowedTools {
  const mode = allowed.any('mode') ?? 'auto'
  if (!isToolMode(mode)) throw allowed.invalid('mode', 'takes "auto" or "required"')
  const what = 'a list of tools'
  const names = allowed.required('tools', allowed.list('tools', what), what).map((value, index) => {
    const tool = new Fields(value, `${allowed.pathOf('tools')}[${index}]`)
    return (tool.fields('function') ?? tool).string('name') ?? ''
  })
  return { mode, names }
}

/** The tools that a model may call, `undefined` for none. Without `names`, it may call all. */
export function allowedOf(tools: Tool[] | undefined, names: readonly string[] | undefined): Tool[] | undefined {
  const allowed = names === undefined ? tools : tools?.filter(({ name }) => names.includes(name))
  return allowed?.length === 0 ? undefined : allowed
}

/**
 * Reads a form of the answer of OpenAI's APIs.
 *
 * @param schemaOf the fields that have the schema, where the form is JSON that matches one
 */
export function readFormat(
  format: Fields | undefined,
  schemaOf: (format: Fields) => Fields
): ResponseFormat | undefined {
  if (format === undefined) return undefined
  switch (format.any('type')) {
    case undefined:
    case 'text':
      return undefined
    case 'json_object':
      return { type: 'json' }
    case 'json_schema': {
      const fields = schemaOf(format)
      return given({
        type: 'json' as const,
        schema: fields.object('schema', 'a JSON schema'),
        name: fields.string('name'),
        description: fields.string('description'),
        strict: fields.boolean('strict')
      })
    }
    default:
      throw format.invalid('type', 'takes "text", "json_object" or "json_schema"')
  }
}

/** Base64 without whitespace (RFC 4648, section 4). What is shorter is more likely a word. */
const BASE64 = /^[A-Za-z0-9+/]{14,}={0,2}$/

/** Reads the contents of a file of OpenAI's APIs: a URL, or Base64 alone, which clients send too. */
export function readFileData(file: Fields): string | undefined {
  const data = file.any('file_data')
  if (typeof data !== 'string' || data.length % 4 !== 0 || !BASE64.test(data)) return file.url('file_data')
  const type = /\.pdf$/i.test(file.string('filename') ?? '') ? 'application/pdf' : 'application/octet-stream'
  return `data:${type};base64,${data}`
}
