import type { AssistantPart, ContentPart } from '../contract/content.js'
import { Fields, given } from '../contract/fields.js'
import type { AssistantMessage, Message, SystemMessage, ToolMessage } from '../contract/message.js'
import { joinText, withExtra } from '../contract/readers.js'
import { checkType, readBlock } from './blocks.js'

const CONTENT = 'a string, or a list of content blocks'

/**
 * Reads a message of Anthropic's API. The results of tools are blocks of a user's message there, and messages of their
 * own in the contract.
 */
export function readMessage(value: unknown, path: string): Message[] {
  const message = new Fields(value, path, 'an object with role and content')
  switch (message.any('role')) {
    case 'user':
      return readUser(message)
    case 'assistant':
      return [readAssistant(message)]
    case 'system':
      return [readSystem(message, 'content')]
    default:
      throw message.invalid('role', 'takes "user", "assistant" or "system"')
  }
}

/**
 * Reads a system prompt. What its blocks have beyond text, such as where to cache it, is for Anthropic's models, so
 * `extra` has them as they are.
 */
export function readSystem(holder: Fields, name: 'system' | 'content'): SystemMessage {
  const given = holder.required(name, holder.any(name), CONTENT)
  const rest = name === 'content' ? holder.extra() : undefined
  if (typeof given === 'string') return withExtra({ role: 'system', content: given }, rest)
  const blocks = fieldsOf(holder, name)
  const texts = blocks.map(block => {
    if (block.any('type') !== 'text') throw block.invalid('type', 'takes "text"')
    return block.required('text', block.string('text'), 'a string')
  })
  const hasMore = blocks.some(block => block.extra() !== undefined)
  return withExtra({ role: 'system', content: texts.join('\n\n') }, { ...rest, ...(hasMore && { [name]: given }) })
}

function readUser(message: Fields): Message[] {
  const content = message.required('content', message.any('content'), CONTENT)
  if (typeof content === 'string') return [withExtra({ role: 'user', content }, message.extra())]
  const messages: Message[] = []
  const unknown: unknown[] = []
  let parts: ContentPart[] = []
  const endParts = () => {
    if (parts.length > 0) messages.push({ role: 'user', content: joinText(parts) })
    parts = []
  }
  for (const block of fieldsOf(message, 'content')) {
    if (block.any('type') === 'tool_result') {
      endParts()
      messages.push(readToolResult(block))
      continue
    }
    const read = readBlock(block)
    if (read === undefined) unknown.push(block.raw)
    else parts.push(...read)
  }
  endParts()
  const extra = { ...message.extra(), ...(unknown.length > 0 && { content: unknown }) }
  const last = messages.at(-1)
  if (last === undefined) return [withExtra({ role: 'user', content: '' }, extra)]
  return [...messages.slice(0, -1), withExtra(last, { ...last.extra, ...extra })]
}

function readToolResult(block: Fields): ToolMessage {
  const toolCallId = block.required('tool_use_id', block.string('tool_use_id') || undefined, 'the id of a tool use')
  const isError = block.boolean('is_error')
  const content = block.any('content') ?? ''
  if (typeof content === 'string') {
    return given({ role: 'tool' as const, toolCallId, content, isError, extra: block.extra() })
  }
  const unknown: unknown[] = []
  const parts = fieldsOf(block, 'content').flatMap(inner => {
    const read = readBlock(inner)
    if (read === undefined) unknown.push(inner.raw)
    return read ?? []
  })
  const message = given({ role: 'tool' as const, toolCallId, content: joinText(parts), isError })
  return withExtra(message, { ...block.extra(), ...(unknown.length > 0 && { content: unknown }) })
}

/** A client posts an answer back as it is. */
function readAssistant(message: Fields): AssistantMessage {
  const content = message.required('content', message.any('content'), CONTENT)
  // Only answers have them.
  message.drop('id', 'type', 'model', 'stop_reason', 'stop_sequence', 'stop_details', 'usage', 'container')
  message.drop('diagnostics', 'context_management')
  if (typeof content === 'string') return withExtra({ role: 'assistant', content }, message.extra())
  const unknown: unknown[] = []
  const parts = fieldsOf(message, 'content').flatMap(block => {
    const read = readAnswerBlock(block)
    if (read === undefined) unknown.push(block.raw)
    return read ?? []
  })
  const extra = { ...message.extra(), ...(unknown.length > 0 && { content: unknown }) }
  return withExtra({ role: 'assistant', content: joinText(parts) }, extra)
}

function readAnswerBlock(block: Fields): AssistantPart[] | undefined {
  switch (block.any('type')) {
    case 'text': {
      const text = block.required('text', block.string('text'), 'a string')
      // Answers have them, mostly as null.
      block.drop('citations')
      return text === '' ? [] : [given({ type: 'text' as const, text, extra: block.extra() })]
    }
    case 'thinking': {
      const text = block.required('thinking', block.string('thinking'), 'a string')
      return [given({ type: 'reasoning' as const, text, signature: block.string('signature') || undefined })]
    }
    case 'redacted_thinking': {
      const encrypted = block.required('data', block.string('data'), 'a string')
      return [{ type: 'reasoning', text: '', encrypted }]
    }
    case 'tool_use':
      return [readToolUse(block)]
    default:
      checkType(block)
      return undefined
  }
}

function readToolUse(block: Fields): AssistantPart {
  const input = block.any('input') ?? {}
  return {
    type: 'tool-call',
    id: block.required('id', block.string('id') || undefined, 'a string that is not empty'),
    name: block.required('name', block.string('name') || undefined, 'the name of a tool'),
    arguments: typeof input === 'string' ? input : JSON.stringify(input)
  }
}

function fieldsOf(holder: Fields, name: string): Fields[] {
  return holder
    .required(name, holder.list(name, CONTENT), CONTENT)
    .map((block, index) => new Fields(block, `${holder.pathOf(name)}.${index}`, 'a content block'))
}
