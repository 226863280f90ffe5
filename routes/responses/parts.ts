import type { AssistantPart, ContentPart } from '../contract/content.js'
import { Fields, given } from '../contract/fields.js'

const CONTENT = 'a string, or a list of parts'

/** Reads the content of a message of the user, or the output of a tool. */
export function readInputContent(item: Fields, name: string): string | ContentPart[] {
  const content = item.any(name) ?? ''
  if (typeof content === 'string') return content
  const parts = partsOf(item, name).map(readInputPart)
  return parts.every(isPlainText) ? parts.map(({ text }) => text).join('') : parts
}

/** Reads the content of a system message: text alone. */
export function readText(item: Fields, name: string): string {
  const content = item.required(name, item.any(name), CONTENT)
  if (typeof content === 'string') return content
  return partsOf(item, name)
    .map(part => part.required('text', part.string('text'), 'a string'))
    .join('')
}

/** Reads what the model has said in an earlier message. */
export function readAnswerContent(item: Fields): AssistantPart[] {
  const content = item.any('content') ?? ''
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return partsOf(item, 'content').map(readAnswerPart)
}

/** Reads the list of texts that reasoning has as its summary or its content. */
export function readTexts(item: Fields, name: string): string[] {
  return (item.list(name) ?? []).map((value, index) => {
    const part = new Fields(value, `${item.pathOf(name)}[${index}]`)
    return part.required('text', part.string('text'), 'a string')
  })
}

export function isPlainText(part: ContentPart | AssistantPart): part is Extract<ContentPart, { type: 'text' }> {
  return part.type === 'text' && part.extra === undefined
}

function partsOf(item: Fields, name: string): Fields[] {
  return item
    .required(name, item.list(name, CONTENT), CONTENT)
    .map((part, index) => new Fields(part, `${item.pathOf(name)}[${index}]`, 'an object with a type'))
}

function readAnswerPart(part: Fields): AssistantPart {
  switch (part.any('type')) {
    case 'output_text':
    case 'input_text':
    case 'text':
      return textPart(part)
    case 'refusal':
      return given({
        type: 'refusal' as const,
        text: part.required('refusal', part.string('refusal'), 'a string')
      })
    default:
      throw part.invalid('type', 'takes "output_text" or "refusal"')
  }
}

function readInputPart(part: Fields): ContentPart {
  switch (part.any('type')) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return textPart(part)
    case 'input_image':
      return readImage(part)
    case 'input_file':
      return readFile(part)
    case 'input_audio':
      return readAudio(part)
    default:
      throw part.invalid('type', 'takes "input_text", "input_image", "input_file" or "input_audio"')
  }
}

/** The annotations belong to an answer, which a client posts back as it is. */
function textPart(part: Fields): Extract<ContentPart, { type: 'text' }> {
  const text = part.required('text', part.string('text'), 'a string')
  part.drop('annotations', 'logprobs')
  return given({ type: 'text' as const, text, extra: part.extra() })
}

/** An image that the provider has is a file with an id. */
function readImage(part: Fields): ContentPart {
  const id = part.string('file_id')
  const url = part.string('image_url')
  const detail = part.string('detail')
  if (url !== undefined) return given({ type: 'image' as const, url, detail, extra: part.extra() })
  return given({ type: 'file' as const, id: part.required('image_url', id, 'a URL'), extra: part.extra() })
}

function readFile(part: Fields): ContentPart {
  const data = part.string('file_data')
  return given({
    type: 'file' as const,
    url: part.string('file_url') ?? data,
    id: part.string('file_id'),
    name: part.string('filename'),
    extra: part.extra()
  })
}

function readAudio(part: Fields): ContentPart {
  const audio = part.required('input_audio', part.fields('input_audio'), 'an object with data and format')
  return given({
    type: 'audio' as const,
    data: audio.required('data', audio.string('data'), 'a recording in Base64'),
    format: audio.required('format', audio.string('format'), 'a format'),
    extra: part.extra()
  })
}
