import { type ContentPart, MEDIA_URL } from '../contract/content.js'
import { type Fields, given } from '../contract/fields.js'
import { audioFormatOf, readTextPart } from '../contract/readers.js'

/** Where the bytes of a part come from: inside the message, from a URL, or from a provider that has them already. */
type Source = { readonly data: string; readonly mimeType: string } | { readonly url: string } | { readonly id: string }

/** Reads a part of the content of a user or a tool. `binary` is the word of AG-UI before 1.0. */
export function readPart(part: Fields): ContentPart {
  const type = part.any('type')
  // It tells the parts of a message apart.
  part.drop('id')
  switch (type) {
    case 'text':
      return readTextPart(part)
    case 'image':
    case 'audio':
    case 'video':
    case 'document':
      return toPart(type, readSource(part), part)
    case 'binary': {
      const mimeType = part.required('mimeType', part.string('mimeType'), 'a media type')
      const [kind] = mimeType.split('/')
      return toPart(kind, readBinary(part, mimeType), part)
    }
    default:
      throw part.invalid('type', 'takes "text", "image", "audio", "video" or "document"')
  }
}

function readSource(part: Fields): Source {
  const source = part.required('source', part.fields('source'), 'an object with type and value')
  const value = source.required('value', source.string('value') || undefined, 'a string that is not empty')
  const mimeType = source.string('mimeType')
  switch (source.any('type')) {
    case 'data':
      return { data: value, mimeType: source.required('mimeType', mimeType, 'a media type') }
    case 'url':
      return { url: source.required('value', source.url('value'), MEDIA_URL) }
    case 'file':
      return { id: value }
    default:
      throw source.invalid('type', 'takes "data", "url" or "file"')
  }
}

function readBinary(part: Fields, mimeType: string): Source {
  const data = part.string('data')
  if (data !== undefined) return { data, mimeType }
  const url = part.url('url')
  if (url !== undefined) return { url }
  return { id: part.required('id', part.string('id') || undefined, 'a string, unless there is data or url') }
}

/** An image has a URL, and a recording is inside the message. All else is a file. */
function toPart(kind: string | undefined, source: Source, part: Fields): ContentPart {
  const name = part.string('filename') ?? nameOf(part)
  const extra = part.extra()
  if (kind === 'audio' && 'data' in source) {
    return given({ type: 'audio' as const, data: source.data, format: audioFormatOf(source.mimeType), extra })
  }
  if ('id' in source) return given({ type: 'file' as const, id: source.id, name, extra })
  const url = 'data' in source ? `data:${source.mimeType};base64,${source.data}` : source.url
  if (kind === 'image') return given({ type: 'image' as const, url, extra })
  return given({ type: 'file' as const, url, name, extra })
}

/** Clients have the name of a file in its metadata, where they have one. */
function nameOf(part: Fields): string | undefined {
  const { filename } = Object(part.raw.metadata) as { filename?: unknown }
  return typeof filename === 'string' ? filename : undefined
}
