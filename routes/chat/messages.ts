import { UI_METADATA } from '../../plugin/toolkit.js'
import { type AssistantPart, type ContentPart, MEDIA_URL } from '../contract/content.js'
import { Fields, given } from '../contract/fields.js'
import type { AssistantMessage, Message, ToolMessage } from '../contract/message.js'
import { audioFormatOf, joinText, withExtra } from '../contract/readers.js'

/**
 * Reads a message of `useChat`. An answer that called tools has their results in its parts, which are messages of their
 * own in the contract. Parts that are for people, such as sources, are in the `extra` of the message.
 */
export function readUiMessage(value: unknown, path: string): Message[] {
  const message = new Fields(value, path, 'an object with role and parts')
  const what = 'a list of parts'
  const parts = message
    .required('parts', message.list('parts', what), what)
    .map((part, index) => new Fields(part, `${message.pathOf('parts')}[${index}]`, 'an object with a type'))
  message.drop('id')
  switch (message.any('role')) {
    case 'system':
      return [withExtra({ role: 'system', content: textsOf(parts).join('') }, message.extra())]
    case 'user':
      return [readUser(message, parts)]
    case 'assistant':
      message.drop('metadata')
      return readAnswer(message, parts)
    default:
      throw message.invalid('role', 'takes "system", "user" or "assistant"')
  }
}

function readUser(message: Fields, parts: Fields[]): Message {
  const others: unknown[] = []
  const content = parts.flatMap((part): ContentPart[] => {
    switch (typeOf(part)) {
      case 'text':
        return [{ type: 'text', text: textOf(part) }]
      case 'file':
        return [readFile(part)]
      default:
        others.push(part.raw)
        return []
    }
  })
  return withExtra({ role: 'user', content: joinText(content) }, { ...message.extra(), ...partsExtra(others) })
}

/** The media type says what a file is. Only what is inside the message can be a recording. */
function readFile(part: Fields): ContentPart {
  const url = part.required('url', part.url('url'), MEDIA_URL)
  const mediaType = part.string('mediaType') ?? ''
  if (mediaType.startsWith('image/')) return { type: 'image', url }
  const [, data] = /^data:[^,]*;base64,(.*)$/is.exec(url) ?? []
  if (mediaType.startsWith('audio/') && data !== undefined) {
    return { type: 'audio', data, format: audioFormatOf(mediaType) }
  }
  return given({ type: 'file' as const, url, name: part.string('filename') })
}

/** Each step of an answer is a message, and the results of its tools follow it. */
function readAnswer(message: Fields, parts: Fields[]): Message[] {
  const steps: AnswerStep[] = [new AnswerStep()]
  for (const part of parts) {
    if (typeOf(part) === 'step-start') steps.push(new AnswerStep())
    else steps.at(-1)?.add(part)
  }
  const messages = steps.flatMap(step => step.messages())
  const extra = { ...message.extra(), ...partsExtra(steps.flatMap(({ others }) => others)) }
  const [first = { role: 'assistant' as const, content: '' }, ...rest] = messages
  return [withExtra(first, extra), ...rest]
}

/** One request to the model: what it answered, and what its tools gave. */
class AnswerStep {
  readonly #parts: AssistantPart[] = []
  readonly #results: ToolMessage[] = []
  /** The parts that are not for the model. */
  readonly others: unknown[] = []

  add(part: Fields): void {
    const type = typeOf(part)
    if (type === 'text') this.#addText(textOf(part))
    else if (type === 'reasoning') this.#addReasoning(part)
    else if (type === 'dynamic-tool') this.#addTool(part, part.string('toolName') ?? '')
    else if (type.startsWith('tool-')) this.#addTool(part, type.slice('tool-'.length))
    else this.others.push(part.raw)
  }

  messages(): Message[] {
    if (this.#parts.length === 0) return []
    const answer: AssistantMessage = { role: 'assistant', content: joinText(this.#parts) }
    return [answer, ...this.#results]
  }

  #addText(text: string): void {
    if (text !== '') this.#parts.push({ type: 'text', text })
  }

  #addReasoning(part: Fields): void {
    const text = textOf(part)
    const own = part.fields('providerMetadata')?.fields(UI_METADATA)
    const rest = given({ signature: own?.string('signature'), encrypted: own?.string('encrypted') })
    if (text !== '' || Object.keys(rest).length > 0) this.#parts.push({ type: 'reasoning', text, ...rest })
  }

  /** A call whose input is not complete is none. */
  #addTool(part: Fields, name: string): void {
    const state = part.any('state')
    if (state === 'input-streaming') return
    const id = part.required('toolCallId', part.string('toolCallId') || undefined, 'a string that is not empty')
    const input = part.any('input') ?? part.any('rawInput') ?? {}
    this.#parts.push({
      type: 'tool-call',
      id,
      name: part.required('toolName', name || undefined, 'the name of a tool'),
      arguments: typeof input === 'string' ? input : JSON.stringify(input)
    })
    const result = resultOf(part, state)
    if (result !== undefined) this.#results.push({ role: 'tool', toolCallId: id, ...result })
  }
}

function resultOf(part: Fields, state: unknown): Pick<ToolMessage, 'content' | 'isError'> | undefined {
  switch (state) {
    case 'output-available': {
      const output = part.any('output') ?? ''
      return { content: typeof output === 'string' ? output : JSON.stringify(output) }
    }
    case 'output-error':
      return { content: part.string('errorText') ?? '', isError: true }
    case 'output-denied':
      return { content: part.fields('approval')?.string('reason') ?? 'The call was denied.', isError: true }
    default:
      return undefined
  }
}

function typeOf(part: Fields): string {
  return part.required('type', part.string('type'), 'the type of a part')
}

function textOf(part: Fields): string {
  return part.required('text', part.string('text'), 'a string')
}

function textsOf(parts: Fields[]): string[] {
  return parts.flatMap(part => (typeOf(part) === 'text' ? [textOf(part)] : []))
}

function partsExtra(parts: unknown[]): { parts?: unknown[] } {
  return parts.length === 0 ? {} : { parts }
}
