import type { ContentPart } from '../../routes/generate.js'
import type { LanguageModel } from './model.js'

/** A part that is not text. */
export type MediaPart = Exclude<ContentPart, { type: 'text' }>
type Version = LanguageModel['specificationVersion']

/** The media types of files whose type is not known. */
const MEDIA_TYPES = { image: 'image/*', file: 'application/octet-stream' }

/** What precedes the data, which may be long. */
const BASE64 = /^data:([^;,]*)[^,]*;base64,/i

/** The media type of a part, as providers are told it. */
export function mediaTypeOf(part: MediaPart): string {
  if (part.type === 'audio') return `audio/${part.format}`
  const [, mediaType] = BASE64.exec(part.url ?? '') ?? []
  return mediaType || MEDIA_TYPES[part.type]
}

/**
 * The data of an image, a file or a recording in the words of the AI SDK's provider interface: Base64, a URL, or the id
 * that the provider knows a file by.
 *
 * @param refuse makes the error for what the interface has no word for
 */
export function dataOf(part: MediaPart, name: string, version: Version, refuse: (why: string) => Error): unknown {
  if (part.type === 'audio') return inline(part.data, version)
  const { url, id } = { id: undefined, ...part }
  if (url === undefined) return referenceOf(id, name, version, refuse)
  const [head] = BASE64.exec(url) ?? []
  if (head !== undefined) return inline(url.slice(head.length), version)
  if (!URL.canParse(url)) throw refuse('a URL that is not absolute')
  return version === 'v4' ? { type: 'url', url: new URL(url) } : new URL(url)
}

/** Only the newest version has ids. */
function referenceOf(id: string | undefined, name: string, version: Version, refuse: (why: string) => Error): unknown {
  if (!id) throw refuse('a file without a url or an id')
  if (version === 'v4') return { type: 'reference', reference: { [name]: id } }
  throw refuse('a file by its id; send the file itself')
}

function inline(data: string, version: Version): unknown {
  return version === 'v4' ? { type: 'data', data } : data
}
