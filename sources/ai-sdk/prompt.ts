import { isNestedDeeper, MAX_LEVELS, type Path } from '../../plugin/toolkit.js'
import type { AssistantPart, ContentPart, GenerateRequest, Message } from '../../routes/generate.js'
import { unsupported } from './errors.js'
import { dataOf, mediaTypeOf } from './files.js'
import { type LanguageModel, nameOf } from './model.js'
import type { OwnOptions } from './provider-options.js'

/** What the parts of a conversation are said with. */
interface Saying {
  /** The name of the provider, under which it finds its own reasoning and files again. */
  readonly name: string
  readonly version: LanguageModel['specificationVersion']
  readonly own: OwnOptions
  /** The names of the tools that were called so far, by the id of the call. */
  readonly toolNames: Map<string, string>
  /** Makes the error for what cannot be said, by its place. */
  refuse(path: Path, why: string): Error
}

/**
 * Says in the words of the AI SDK's provider interface what a conversation is.
 *
 * @throws FST_SSE_UNSUPPORTED for a part that the interface has no word for
 */
export function toPrompt(request: GenerateRequest, model: LanguageModel, own: OwnOptions): object[] {
  const saying: Saying = {
    name: nameOf(model),
    version: model.specificationVersion,
    own,
    toolNames: new Map(),
    refuse: (path, why) => unsupported(request, path, why)
  }
  return request.messages.map((message, index) => toMessage(message, ['messages', index, 'content'], saying))
}

/** @param path where the content is */
function toMessage(message: Message, path: Path, saying: Saying): object {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content }
    case 'user':
      return { role: 'user', content: toUserContent(message.content, path, saying) }
    case 'assistant':
      return { role: 'assistant', content: toAnswer(message.content, path, saying) }
    case 'tool': {
      const { toolCallId, content, isError = false } = message
      // The name is required there, and only the call has it.
      const toolName = saying.toolNames.get(toolCallId) ?? toolCallId
      const output = toToolOutput(content, isError, path, saying)
      return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] }
    }
  }
}

function toUserContent(content: string | ContentPart[], path: Path, saying: Saying): object[] {
  return typeof content === 'string'
    ? [{ type: 'text', text: content }]
    : content.map((part, index) => toContentPart(part, [...path, index], saying))
}

function toContentPart(part: ContentPart, path: Path, { name, version, own, refuse }: Saying): object {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const file = {
    type: 'file',
    mediaType: mediaTypeOf(part),
    data: dataOf(part, name, version, why => refuse(path, why)),
    ...own.ofPart(part)
  }
  return part.type === 'file' && part.name !== undefined ? { ...file, filename: part.name } : file
}

function toAnswer(content: string | AssistantPart[], path: Path, saying: Saying): object[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  for (const part of content) if (part.type === 'tool-call') saying.toolNames.set(part.id, part.name)
  return content.map((part, index) => toAnswerPart(part, [...path, index], saying))
}

function toAnswerPart(part: AssistantPart, path: Path, { name, refuse }: Saying): object {
  switch (part.type) {
    case 'reasoning': {
      const { text, signature, encrypted } = part
      const own = { signature, redactedData: encrypted, reasoningEncryptedContent: encrypted }
      const isSigned = signature !== undefined || encrypted !== undefined
      return { type: 'reasoning', text, ...(isSigned && { providerOptions: { [name]: own } }) }
    }
    case 'tool-call': {
      const input = toInput(part.arguments)
      if (isNestedDeeper(input)) throw refuse(path, `arguments of more than ${MAX_LEVELS} levels`)
      return { type: 'tool-call', toolCallId: part.id, toolName: part.name, input }
    }
    default:
      return { type: 'text', text: part.text }
  }
}

/** Arguments that are not JSON were cut off. */
function toInput(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return {}
  }
}

function toToolOutput(content: string | ContentPart[], isError: boolean, path: Path, saying: Saying): object {
  if (typeof content === 'string') return { type: isError ? 'error-text' : 'text', value: content }
  return { type: 'content', value: content.map((part, index) => toToolContent(part, [...path, index], saying)) }
}

function toToolContent(part: ContentPart, path: Path, saying: Saying): object {
  const { version } = saying
  const file = toContentPart(part, path, saying) as { type: string; mediaType: string; data: unknown }
  if (file.type === 'text' || version === 'v4') return file
  const { type: _, data, ...rest } = file
  if (data instanceof URL) return { type: 'file-url', url: data.href, ...rest }
  return { type: version === 'v2' ? 'media' : 'file-data', data, ...rest }
}
