import { unseal } from '../../plugin/toolkit.js'
import type { AssistantPart } from '../contract/content.js'
import { Fields, given } from '../contract/fields.js'
import type { AssistantMessage, Message } from '../contract/message.js'
import { joinText, withExtra } from '../contract/readers.js'

/** A message, and where the client has put it. */
export interface ReadMessage {
  readonly message: Message
  readonly origin: string
}

/** An answer that may go on with the next message. */
interface OpenAnswer {
  readonly origin: string
  readonly parts: AssistantPart[]
  name?: string | undefined
  extra?: Record<string, unknown>
}

/**
 * Reads what the agent has answered. An answer with reasoning or calls of tools is several messages in AG-UI, and one
 * in the contract, so that the results of all of its tools follow it.
 */
export class AnswerReader {
  #open: OpenAnswer | undefined

  addReasoning(message: Fields, origin: string): void {
    const text = message.required('content', message.string('content'), 'a string')
    const sealed = message.string('encryptedValue') || undefined
    if (text === '' && sealed === undefined) return
    this.#open ??= { origin, parts: [] }
    this.#open.parts.push({ type: 'reasoning', text, ...(sealed !== undefined && unseal(sealed)) })
  }

  /** @returns the answer before it, if that has ended */
  add(message: Fields, origin: string): ReadMessage[] {
    const { parts, name, extra } = readAssistant(message)
    const open = this.#open
    const isOther = open !== undefined && isText(open.parts) && isText(parts)
    const ended = isOther ? this.end() : []
    this.#open ??= { origin, parts: [] }
    this.#open.parts.push(...parts)
    this.#open.name ??= name
    this.#open.extra = { ...this.#open.extra, ...extra }
    return ended
  }

  /** @returns the answer that has ended */
  end(): ReadMessage[] {
    const open = this.#open
    this.#open = undefined
    if (open === undefined) return []
    const { origin, parts, name, extra } = open
    const message: AssistantMessage = given({ role: 'assistant' as const, content: joinText(parts), name })
    return [{ message: withExtra(message, extra), origin }]
  }
}

function readAssistant(message: Fields) {
  const text = message.string('content') ?? ''
  const calls = (message.list('toolCalls') ?? []).map(
    (value, index) => new Fields(value, `${message.pathOf('toolCalls')}[${index}]`)
  )
  const parts: AssistantPart[] = [...(text === '' ? [] : [{ type: 'text' as const, text }]), ...calls.map(readToolCall)]
  const name = message.string('name')
  const hasMore = calls.some(call => call.extra() !== undefined)
  return { parts, name, extra: { ...message.extra(), ...(hasMore && { toolCalls: message.any('toolCalls') }) } }
}

function readToolCall(call: Fields): AssistantPart {
  call.drop('type')
  const called = call.required('function', call.fields('function'), 'an object with name and arguments')
  return {
    type: 'tool-call',
    id: call.required('id', call.string('id') || undefined, 'a string that is not empty'),
    name: called.required('name', called.string('name') || undefined, 'the name of a tool'),
    arguments: called.string('arguments') ?? ''
  }
}

function isText(parts: readonly AssistantPart[]): boolean {
  return parts.every(({ type }) => type === 'text')
}
