import { type AssistantPart, type ContentPart, MEDIA_URL } from '../contract/content.js'
import { Fields, given } from '../contract/fields.js'
import { joinText, readAudioPart, readFileData, readParts, readTextPart } from '../contract/readers.js'

/** Reads the content of a message of the user, or the output of a tool. */
export function readInputContent(item: Fields, name: string): string | ContentPart[] {
  const content = item.any(name) ?? ''
  if (typeof content === 'string') return content
  return joinText(readParts(item, name).map(readInputPart))
}

/** Reads what the model has said in an earlier message. */
export function readAnswerContent(item: Fields): AssistantPart[] {
  const content = item.any('content') ?? ''
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return readParts(item, 'content').map(readAnswerPart)
}

/** Reads the list of texts that reasoning has as its summary or its content. */
export function readTexts(item: Fields, name: string): string[] {
  return (item.list(name) ?? []).map((value, index) => {
    const part = new Fields(value, `${item.pathOf(name)}[${index}]`)
    return part.required('text', part.string('text'), 'a string')
  })
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
      return readAudioPart(part)
    default:
      throw part.invalid('type', 'takes "input_text", "input_image", "input_file" or "input_audio"')
  }
}

/** The annotations belong to an answer, which a client posts back as it is. */
function textPart(part: Fields): ContentPart & { type: 'text' } {
  part.drop('annotations', 'logprobs')
  return readTextPart(part)
}

/** An image that the provider has is a file with an id. */
function readImage(part: Fields): ContentPart {
  const id = part.string('file_id') || undefined
  const url = part.url('image_url')
  const detail = part.string('detail')
  if (url !== undefined) return given({ type: 'image' as const, url, detail, extra: part.extra() })
  return given({ type: 'file' as const, id: part.required('image_url', id, MEDIA_URL), extra: part.extra() })
}

function readFile(part: Fields): ContentPart {
  const data = readFileData(part)
  const url = part.url('file_url') ?? data
  const id = part.string('file_id') || undefined
  return given({
    type: 'file' as const,
    url: id === undefined ? part.required('file_url', url, MEDIA_URL) : url,
    id,
    name: part.string('filename'),
    extra: part.extra()
  })
}
