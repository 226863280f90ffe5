import { type ContentPart, MEDIA_URL } from '../contract/content.js'
import { Fields, given } from '../contract/fields.js'

/**
 * Reads a content block of a user or a tool.
 *
 * @returns `undefined` for a block of a type that the contract does not have
 */
export function readBlock(block: Fields): ContentPart[] | undefined {
  switch (block.any('type')) {
    case 'text':
      return [textPart(block, block.required('text', block.string('text'), 'a string'))]
    case 'image':
      return [readImage(block)]
    case 'document':
      return readDocument(block)
    case 'search_result':
      return readAll(block, block)
    default:
      checkType(block)
      return undefined
  }
}

/** @throws FST_SSE_INPUT_INVALID unless a block has a type. One that the contract does not have is passed on. */
export function checkType(block: Fields): void {
  block.required('type', block.string('type'), 'the type of a content block')
}

function readImage(block: Fields): ContentPart {
  const source = sourceOf(block)
  const extra = block.extra()
  switch (source.any('type')) {
    case 'base64':
      return given({ type: 'image' as const, url: dataUrl(source), extra })
    case 'url':
      return given({ type: 'image' as const, url: urlOf(source), extra })
    case 'file':
      return given({ type: 'file' as const, id: fileId(source), extra })
    default:
      throw source.invalid('type', 'takes "base64", "url" or "file"')
  }
}

/** A document of text is text to any model. */
function readDocument(block: Fields): ContentPart[] {
  const source = sourceOf(block)
  switch (source.any('type')) {
    case 'base64':
      return [given({ type: 'file' as const, url: dataUrl(source), name: block.string('title'), extra: block.extra() })]
    case 'url':
      return [given({ type: 'file' as const, url: urlOf(source), name: block.string('title'), extra: block.extra() })]
    case 'file':
      return [given({ type: 'file' as const, id: fileId(source), name: block.string('title'), extra: block.extra() })]
    case 'text':
      return [textPart(block, source.required('data', source.string('data'), 'a string'))]
    case 'content':
      return readAll(block, source)
    default:
      throw source.invalid('type', 'takes "base64", "url", "file", "text" or "content"')
  }
}

/** The parts of the content within a block. The first one has what the block says of all of them. */
function readAll(block: Fields, holder: Fields): ContentPart[] {
  const content = holder.any('content') ?? ''
  const extra = block.extra()
  if (typeof content === 'string') return [given({ type: 'text' as const, text: content, extra })]
  const what = 'a string, or a list of content blocks'
  const parts = holder
    .required('content', holder.list('content', what), what)
    .flatMap(
      (inner, index) => readBlock(new Fields(inner, `${holder.pathOf('content')}.${index}`, 'a content block')) ?? []
    )
  return parts.map((part, index) => (index === 0 && extra ? { ...part, extra: { ...extra, ...part.extra } } : part))
}

function textPart(block: Fields, text: string): ContentPart {
  return given({ type: 'text' as const, text, extra: block.extra() })
}

function sourceOf(block: Fields): Fields {
  return block.required('source', block.fields('source'), 'an object with a type')
}

function dataUrl(source: Fields): string {
  const type = source.required('media_type', source.string('media_type'), 'a media type')
  return `data:${type};base64,${source.required('data', source.string('data'), 'Base64')}`
}

function urlOf(source: Fields): string {
  return source.required('url', source.url('url'), MEDIA_URL)
}

function fileId(source: Fields): string {
  return source.required('file_id', source.string('file_id') || undefined, 'the id of a file')
}
