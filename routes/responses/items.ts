import { unseal } from '../../plugin/toolkit.js'
import type { AssistantPart } from '../contract/content.js'
import { Fields, given } from '../contract/fields.js'
import type { SystemMessage, ToolMessage, UserMessage } from '../contract/message.js'
import { readSystemText, withExtra } from '../contract/readers.js'
import { readAnswerContent, readInputContent, readTexts } from './parts.js'

/** A part of an answer that the input repeats: one of its messages, its reasoning, or a call of a tool. */
export interface AnswerEntry {
  readonly role: 'answer'
  readonly type: 'message' | 'reasoning' | 'call'
  readonly parts: AssistantPart[]
  readonly extra?: Record<string, unknown>
}

/** An item of an earlier response, by its id. */
export interface ReferenceEntry {
  readonly role: 'reference'
  readonly id: string
}

/** An item of a kind that the contract has no word for. */
export interface ForeignEntry {
  readonly role: 'foreign'
  readonly item: unknown
}

/** An item of the input. */
export type Entry = SystemMessage | UserMessage | ToolMessage | AnswerEntry | ReferenceEntry | ForeignEntry

const ROLES = '"developer", "system", "user", "assistant" or "tool"'
const NO_ITEM = 'takes a message with a role, or an item with a type'

/**
 * Reads an item of the input. A message needs no type.
 *
 * @param path where the client has put it, such as `input[0]`
 * @throws FST_SSE_INPUT_INVALID
 */
export function readItem(value: unknown, path: string): Entry {
  const item = new Fields(value, path, 'an object with a role or a type')
  const type = item.any('type')
  // An answer has them. They say nothing to a model.
  item.drop('status')
  const id = item.string('id')
  switch (type) {
    case undefined:
      if (item.has('role')) return readMessage(item)
      if (id !== undefined) return { role: 'reference', id }
      throw item.invalid('type', NO_ITEM)
    case 'message':
      return readMessage(item)
    case 'item_reference':
      return { role: 'reference', id: item.required('id', id, 'the id of an item') }
    case 'reasoning':
      return readReasoning(item)
    case 'function_call':
      return readCall(item, item.any('arguments') ?? '')
    case 'custom_tool_call':
      return readCall(item, { input: item.any('input') ?? '' })
    case 'function_call_output':
    case 'custom_tool_call_output':
      return readOutput(item)
    default:
      if (typeof type === 'string') return { role: 'foreign', item: value }
      throw item.invalid('type', 'takes a string')
  }
}

/** `developer` is OpenAI's newer word for `system`. */
function readMessage(item: Fields): Entry {
  switch (item.any('role')) {
    case 'system':
    case 'developer':
      return readSystem(item)
    case 'user':
      item.required('content', item.any('content'), 'a string, or a list of parts')
      return given({
        role: 'user' as const,
        content: readInputContent(item, 'content'),
        name: item.string('name'),
        extra: item.extra()
      })
    case 'assistant': {
      const parts = readAnswerContent(item)
      return given({ role: 'answer' as const, type: 'message' as const, parts, extra: item.extra() })
    }
    case 'tool': {
      const older = item.string('tool_call_id') || undefined
      const toolCallId = item.required('call_id', item.string('call_id') || older, 'the id of a call')
      return given({
        role: 'tool' as const,
        toolCallId,
        content: readInputContent(item, 'content'),
        extra: item.extra()
      })
    }
    default:
      throw item.invalid('role', `takes ${ROLES}`)
  }
}

function readSystem(item: Fields): SystemMessage {
  const { text, more } = readSystemText(item, 'content', part => {
    part.drop('type')
    return part.string('text')
  })
  const message = given({ role: 'system' as const, content: text, name: item.string('name') })
  return withExtra(message, { ...item.extra(), ...more })
}

function readReasoning(item: Fields): AnswerEntry {
  const texts = [...readTexts(item, 'summary'), ...readTexts(item, 'content')]
  const sealed = item.string('encrypted_content')
  const part = { type: 'reasoning' as const, text: texts.join('\n\n'), ...(sealed !== undefined && unseal(sealed)) }
  const isEmpty = part.text === '' && sealed === undefined
  return { role: 'answer', type: 'reasoning', parts: isEmpty ? [] : [part] }
}

/** Some clients send the arguments as an object. */
function readCall(item: Fields, args: unknown): AnswerEntry {
  const id = item.required('call_id', item.string('call_id') || undefined, 'the id of a call')
  const name = item.required('name', item.string('name') || undefined, 'the name of a tool')
  const text = typeof args === 'string' ? args : JSON.stringify(args)
  return { role: 'answer', type: 'call', parts: [{ type: 'tool-call', id, name, arguments: text }] }
}

function readOutput(item: Fields): ToolMessage {
  const toolCallId = item.required('call_id', item.string('call_id') || undefined, 'the id of a call')
  return given({
    role: 'tool' as const,
    toolCallId,
    content: readInputContent(item, 'output'),
    extra: item.extra()
  })
}
