import type { Path } from '../../plugin/toolkit.js'
import type { GenerateRequest } from '../../routes/generate.js'
import { unsupported } from './errors.js'
import { type MediaPart, mediaTypeOf } from './files.js'

/** What providers throw before they ask, in the words of the AI SDK. */
interface SdkError {
  readonly name?: unknown
  readonly functionality?: unknown
  readonly argument?: unknown
  readonly cause?: { readonly cause?: { readonly issues?: readonly { readonly path: readonly unknown[] }[] } }
}

/**
 * The error (400) for a request that a provider refuses without asking its model: a part or an option that it has no
 * word for. `undefined` if the error is another one.
 */
export function refusalOf(error: unknown, request: GenerateRequest): Error | undefined {
  const { name, functionality, argument, cause } = (error ?? {}) as SdkError
  if (name === 'AI_UnsupportedFunctionalityError' && typeof functionality === 'string') {
    return unsupported(request, findPart(request, functionality), functionality)
  }
  if (name !== 'AI_InvalidArgumentError' || argument !== 'providerOptions') return undefined
  // Of what a client decides, only the effort and the metadata can be wrong.
  const option = cause?.cause?.issues?.[0]?.path[0] === 'metadata' ? 'metadata' : 'reasoningEffort'
  return request[option] === undefined ? undefined : unsupported(request, [option])
}

/** Where the part is that a provider has no word for: the first of the media type that it names, or the only one. */
function findPart({ messages }: GenerateRequest, functionality: string): Path {
  const media = messages.flatMap(({ content }, index) =>
    typeof content === 'string'
      ? []
      : content.flatMap((part, at) => (isMedia(part) ? [{ part, path: ['messages', index, 'content', at] }] : []))
  )
  const named = media.find(({ part }) => functionality.includes(mediaTypeOf(part)))
  const [only] = media.length === 1 ? media : []
  return (named ?? only)?.path ?? ['messages']
}

function isMedia(part: { type: string }): part is MediaPart {
  return part.type === 'image' || part.type === 'file' || part.type === 'audio'
}
