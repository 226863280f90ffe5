import { hasNoArguments, NO_ARGUMENTS } from '../../../answer/call-arguments.js'
import type { ReasoningPart, ToolCallPart } from '../../../answer/part.js'
import { sealOf, UNSIGNED } from '../../../answer/seal.js'

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

/** Text of an answer, or text with which the model refuses. */
export type OutputContent =
  | { type: 'output_text'; text: string; annotations: []; logprobs: [] }
  | { type: 'refusal'; refusal: string }

export interface MessageItem {
  id: string
  type: 'message'
  status: ItemStatus
  role: 'assistant'
  content: OutputContent[]
}

export interface ReasoningItem {
  id: string
  type: 'reasoning'
  summary: { type: 'summary_text'; text: string }[]
  encrypted_content?: string
}

export interface FunctionCallItem {
  id: string
  type: 'function_call'
  status: ItemStatus
  call_id: string
  name: string
  arguments: string
}

/** An item of the output of a response. */
export type OutputItem = MessageItem | ReasoningItem | FunctionCallItem

/** The data of an event, without its number. */
export interface EventFields {
  readonly type: string
  readonly [field: string]: unknown
}

/** An item of the output that grows. */
export interface Output {
  /** The item as far as it has got. It does not change. */
  item(status: ItemStatus): OutputItem
  /** The events that end it. */
  close(status: ItemStatus): EventFields[]
}

/** Adds a new item to the output. */
function added(output_index: number, item: OutputItem): EventFields {
  return { type: 'response.output_item.added', output_index, item }
}

function done(output_index: number, item: OutputItem): EventFields {
  return { type: 'response.output_item.done', output_index, item }
}

/** A message with text, refusals, or both. */
export class MessageOutput implements Output {
  readonly #index: number
  readonly #id: string
  readonly #content: OutputContent[] = []

  constructor(index: number, id: string) {
    this.#index = index
    this.#id = id
  }

  add(type: OutputContent['type'], delta: string): EventFields[] {
    const last = this.#content.at(-1)
    if (last?.type === type) return [this.#delta(last, delta)]
    const opening =
      last === undefined ? [added(this.#index, { ...this.item('in_progress'), content: [] })] : this.#closePart(last)
    const part = newContent(type, '')
    this.#content.push(part)
    return [
      ...opening,
      { type: 'response.content_part.added', ...this.#at(), part: newContent(type, '') },
      this.#delta(part, delta)
    ]
  }

  close(status: ItemStatus): EventFields[] {
    return [...this.#closePart(this.#content.at(-1) as OutputContent), done(this.#index, this.item(status))]
  }

  item(status: ItemStatus): MessageItem {
    return {
      id: this.#id,
      type: 'message',
      status,
      role: 'assistant',
      content: this.#content.map(part => ({ ...part }))
    }
  }

  #delta(part: OutputContent, delta: string): EventFields {
    if (part.type === 'refusal') {
      part.refusal += delta
      return { type: 'response.refusal.delta', ...this.#at(), delta }
    }
    part.text += delta
    return { type: 'response.output_text.delta', ...this.#at(), delta, logprobs: [] }
  }

  #closePart(part: OutputContent): EventFields[] {
    const at = this.#at()
    const end =
      part.type === 'refusal'
        ? { type: 'response.refusal.done', ...at, refusal: part.refusal }
        : { type: 'response.output_text.done', ...at, text: part.text, logprobs: [] }
    return [end, { type: 'response.content_part.done', ...at, part: { ...part } }]
  }

  /** Where the last part is. */
  #at() {
    return { item_id: this.#id, output_index: this.#index, content_index: this.#content.length - 1 }
  }
}

function newContent(type: OutputContent['type'], text: string): OutputContent {
  return type === 'refusal' ? { type, refusal: text } : { type, text, annotations: [], logprobs: [] }
}

/** What the model thinks. It is sent as a summary, which more clients show than the reasoning itself. */
export class ReasoningOutput implements Output {
  readonly #index: number
  readonly #id: string
  readonly #sealsAll: boolean
  #text = ''
  #sealed: Pick<ReasoningPart, 'signature' | 'encrypted'> = {}

  /** @param sealsAll whether it has `encrypted_content` also where the provider gives nothing for it */
  constructor(index: number, id: string, sealsAll: boolean) {
    this.#index = index
    this.#id = id
    this.#sealsAll = sealsAll
  }

  /** Whether it has its signature, so that what follows is another piece of reasoning. */
  get isSealed(): boolean {
    return sealOf(this.#sealed) !== undefined
  }

  open(): EventFields[] {
    return [added(this.#index, { id: this.#id, type: 'reasoning', summary: [] })]
  }

  add({ text, signature, encrypted }: ReasoningPart): EventFields[] {
    this.#sealed = { ...(signature !== undefined && { signature }), ...(encrypted !== undefined && { encrypted }) }
    if (text === '') return []
    const at = this.#at()
    const part = { type: 'summary_text', text: '' }
    const opening = this.#text === '' ? [{ type: 'response.reasoning_summary_part.added', ...at, part }] : []
    this.#text += text
    return [...opening, { type: 'response.reasoning_summary_text.delta', ...at, delta: text }]
  }

  close(): EventFields[] {
    const at = this.#at()
    const text = this.#text
    const part = { type: 'summary_text', text }
    const end = [
      { type: 'response.reasoning_summary_text.done', ...at, text },
      { type: 'response.reasoning_summary_part.done', ...at, part }
    ]
    return [...(text === '' ? [] : end), done(this.#index, this.item())]
  }

  item(): ReasoningItem {
    const seal = sealOf(this.#sealed) ?? (this.#sealsAll ? UNSIGNED : undefined)
    return {
      id: this.#id,
      type: 'reasoning',
      summary: this.#text === '' ? [] : [{ type: 'summary_text', text: this.#text }],
      ...(seal !== undefined && { encrypted_content: seal })
    }
  }

  #at() {
    return { item_id: this.#id, output_index: this.#index, summary_index: 0 }
  }
}

/** A call of a tool. */
export class FunctionCallOutput implements Output {
  readonly #index: number
  readonly #id: string
  readonly #call: ToolCallPart

  constructor(index: number, id: string, call: ToolCallPart) {
    this.#index = index
    this.#id = id
    this.#call = { ...call, arguments: '' }
  }

  open(): EventFields[] {
    return [added(this.#index, this.item('in_progress'))]
  }

  add(delta: string): EventFields[] {
    if (delta === '') return []
    this.#call.arguments += delta
    return [{ type: 'response.function_call_arguments.delta', ...this.#at(), delta }]
  }

  close(status: ItemStatus): EventFields[] {
    const none = status === 'completed' && hasNoArguments(this.#call) ? this.add(NO_ARGUMENTS) : []
    const { name, arguments: args } = this.#call
    const end = { type: 'response.function_call_arguments.done', ...this.#at(), name, arguments: args }
    return [...none, end, done(this.#index, this.item(status))]
  }

  item(status: ItemStatus): FunctionCallItem {
    const { id: call_id, name, arguments: args } = this.#call
    return { id: this.#id, type: 'function_call', status, call_id, name, arguments: args }
  }

  #at() {
    return { item_id: this.#id, output_index: this.#index }
  }
}
