import type { Path } from '../../plugin/toolkit.js'
import type { ContentPart } from './content.js'
import type { GenerateRequest } from './request.js'

/** What a `generate` can be asked for. `text` goes without saying. */
export const features = ['text', 'image', 'file', 'audio', 'tools', 'json'] as const

/** What a `generate` can be asked for: messages with text, images, files and audio; tools; answers as JSON. */
export type Feature = (typeof features)[number]

/** What a `generate` does not accept of a request. */
export interface Unaccepted {
  readonly feature: Feature
  /** Where the request has it. */
  readonly path: Path
}

/** Finds the first thing that a request asks for and a `generate` does not accept. */
export function findUnaccepted(request: GenerateRequest, accepts: readonly Feature[]): Unaccepted | undefined {
  return [...usedBy(request)].find(({ feature }) => !accepts.includes(feature))
}

function* usedBy({ messages, tools = [], responseFormat }: GenerateRequest): Generator<Unaccepted> {
  if (tools.length > 0) yield { feature: 'tools', path: ['tools'] }
  if (responseFormat?.type === 'json') yield { feature: 'json', path: ['responseFormat'] }
  for (const [index, { role, content }] of messages.entries()) {
    if (role === 'tool') yield { feature: 'tools', path: ['messages', index, 'role'] }
    if (typeof content === 'string') continue
    for (const [at, { type }] of content.entries()) {
      const path = ['messages', index, 'content', at]
      if (type === 'tool-call') yield { feature: 'tools', path }
      else if (isMedia(type)) yield { feature: type, path }
    }
  }
}

function isMedia(type: string): type is Exclude<ContentPart['type'], 'text'> {
  return ['image', 'file', 'audio'].includes(type)
}
