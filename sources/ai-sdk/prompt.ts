import type { AssistantPart, ContentPart, Message } from '../../routes/generate.js'
import type { LanguageModel } from './model.js'

type Version = LanguageModel['specificationVersion']

/** The media types of files whose type is not known. */
const MEDIA_TYPES = { image: 'image/*', file: 'application/octet-stream' }

/**
 * Says in the words of the AI SDK's provider interface what a conversation is.
 *
 * @param name the name of the provider, under which it finds its own reasoning again
 */
export function toPrompt(messages: readonly Message[], name: string, version: Version): object[] {
  const toolNames = new Map<string, string>()
  return messages.map(message => toMessage(message, name, version, toolNames))
}

/** @param toolNames the names of the tools that were called so far, by the id of the call */
function toMessage(message: Message, name: string, version: Version, toolNames: Map<string, string>): object {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content }
    case 'user':
      return { role: 'user', content: toUserContent(message.content, version) }
    case 'assistant':
      return { role: 'assistant', content: toAnswer(message.content, name, toolNames) }
    case 'tool': {
      const { toolCallId, content, isError = false } = message
      // The name is required there, and only the call has it.
      const toolName = toolNames.get(toolCallId) ?? toolCallId
      const output = toToolOutput(content, isError, version)
      return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] }
    }
  }
}

function toUserContent(content: string | ContentPart[], version: Version): object[] {
  return typeof content === 'string'
    ? [{ type: 'text', text: content }]
    : content.map(part => toContentPart(part, version))
}

function toContentPart(part: ContentPart, version: Version): object {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'audio':
      return { type: 'file', mediaType: `audio/${part.format}`, data: inline(part.data, version) }
    case 'image':
      return { type: 'file', ...toFile(part.url, MEDIA_TYPES.image, version) }
    case 'file': {
      const { url = '', name } = part
      return { type: 'file', ...toFile(url, MEDIA_TYPES.file, version), ...(name !== undefined && { filename: name }) }
    }
  }
}

/** The data of a `data:` URL, or the URL itself. */
function toFile(url: string, unknownType: string, version: Version): { mediaType: string; data: unknown } {
  const [, mediaType, data] = /^data:([^;,]*)[^,]*;base64,(.*)$/s.exec(url) ?? []
  if (data !== undefined) return { mediaType: mediaType || unknownType, data: inline(data, version) }
  return { mediaType: unknownType, data: version === 'v4' ? { type: 'url', url: new URL(url) } : new URL(url) }
}

function inline(data: string, version: Version): unknown {
  return version === 'v4' ? { type: 'data', data } : data
}

function toAnswer(content: string | AssistantPart[], name: string, toolNames: Map<string, string>): object[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  for (const part of content) if (part.type === 'tool-call') toolNames.set(part.id, part.name)
  return content.map(part => toAnswerPart(part, name))
}

function toAnswerPart(part: AssistantPart, name: string): object {
  switch (part.type) {
    case 'reasoning': {
      const { text, signature, encrypted } = part
      const own = { signature, redactedData: encrypted, reasoningEncryptedContent: encrypted }
      const isSigned = signature !== undefined || encrypted !== undefined
      return { type: 'reasoning', text, ...(isSigned && { providerOptions: { [name]: own } }) }
    }
    case 'tool-call':
      return { type: 'tool-call', toolCallId: part.id, toolName: part.name, input: toInput(part.arguments) }
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

function toToolOutput(content: string | ContentPart[], isError: boolean, version: Version): object {
  if (typeof content === 'string') return { type: isError ? 'error-text' : 'text', value: content }
  return { type: 'content', value: content.map(part => toToolContent(part, version)) }
}

function toToolContent(part: ContentPart, version: Version): object {
  const file = toContentPart(part, version) as { type: string; mediaType: string; data: unknown }
  if (file.type === 'text' || version === 'v4') return file
  const { mediaType, data } = file
  if (data instanceof URL) return { type: 'file-url', url: data.href, mediaType }
  return { type: version === 'v2' ? 'media' : 'file-data', data, mediaType }
}
