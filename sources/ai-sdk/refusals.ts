import type { Path } from '../../plugin/toolkit.js'
import type { GenerateRequest } from '../../routes/generate.js'
import { unsupported } from './errors.js'
import { type MediaPart, mediaTypeOf } from './files.js'

/** What providers throw before they ask, in the words of the AI SDK. */
interface SdkError {
  readonly name?: unknown
  readonly functionality?: unknown
  readonly argument?: unknown
}

/**
 * The error (400) for a request that a provider refuses without asking its model: a part or an option that it has no
 * word for. `undefined` if the error is another one.
 */
export function refusalOf(error: unknown, request: GenerateRequest): Error | undefined {
  const { name, functionality, argument } = (error ?? {}) as SdkError
  if (name === 'AI_UnsupportedFunctionalityError' && typeof functionality === 'string') {
    return unsupported(request, findPart(request, functionality), functionality)
  }
  // Of what a client decides, only the effort has a closed list of words.
  const isEffort = argument === 'providerOptions' && request.reasoningEffort !== undefined
  return name === 'AI_InvalidArgumentError' && isEffort ? unsupported(request, ['reasoningEffort']) : undefined
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
