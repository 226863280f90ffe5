import type { SseEvent } from '../../../../sse/event.js'
import type { Finish } from '../../../answer/finish.js'
import { finishWords } from '../../../answer/finish-words.js'
import type { AnswerPart, ReasoningPart, ToolCallPart } from '../../../answer/part.js'
import type { ErrorData } from '../../../failure.js'
import { openAiError } from '../../sdk/openai.js'
import {
  type EventFields,
  FunctionCallOutput,
  type ItemStatus,
  MessageOutput,
  type Output,
  type OutputContent,
  ReasoningOutput
} from './output.js'
import {
  CANCELLED,
  failed,
  finished,
  type ResponseHead,
  type ResponseObject,
  type ResponseState,
  responseOf,
  running
} from './response.js'

/** The data of the last event. */
const SENTINEL: SseEvent = { data: '[DONE]' }

/** Builds a response from the parts of an answer, and makes the events that tell a client of it. */
export class ResponseBuilder {
  readonly #head: ResponseHead
  readonly #outputs: Output[] = []
  /** The calls of tools, which may grow until the end. */
  readonly #calls = new Map<string, FunctionCallOutput>()
  /** The message or the reasoning that grows. */
  #current: MessageOutput | ReasoningOutput | undefined
  #hasBegun: boolean
  #sequence: number
  /** The status of items whose growth has ended. */
  readonly #done = new Map<Output, ItemStatus>()
  #state: ResponseState | undefined
  readonly #sealsAll: boolean

  /**
   * @param sequence the number of its next event; 0 for a response that has not begun
   * @param sealsAll whether all reasoning has `encrypted_content`
   */
  constructor(head: ResponseHead, sequence = 0, sealsAll = false) {
    this.#head = head
    this.#sequence = sequence
    this.#sealsAll = sealsAll
    this.#hasBegun = sequence > 0
  }

  /** Whether the answer is complete. */
  get isFinished(): boolean {
    return this.#state !== undefined
  }

  /** The response as far as it has got. */
  get response(): ResponseObject {
    return this.#response(this.#state ?? running('in_progress'))
  }

  /** Begins the response. Further calls do nothing. */
  begin(): SseEvent[] {
    if (this.#hasBegun) return []
    this.#hasBegun = true
    return this.#events([
      this.#lifecycle('created', running(this.#head.background ? 'queued' : 'in_progress')),
      this.#lifecycle('in_progress', running('in_progress'))
    ])
  }

  /** Adds a part of the answer. */
  add(part: AnswerPart): SseEvent[] {
    const begun = this.begin()
    const events = this.#events(this.#add(part))
    return begun.length === 0 ? events : [...begun, ...events]
  }

  /** Ends the items of the output. */
  finish(finish: Finish): SseEvent[] {
    const begun = this.begin()
    const status = finishWords.responses[finish.finishReason] === undefined ? 'completed' : 'incomplete'
    const closed = [
      ...this.#closeCurrent(status),
      ...[...this.#calls.values()].flatMap(call => this.#close(call, status))
    ]
    this.#state = finished(finish)
    return [...begun, ...this.#events(closed)]
  }

  /** The last events of an answer that is complete. */
  end(): SseEvent[] {
    const { response } = this
    const type = response.status === 'completed' ? 'response.completed' : 'response.incomplete'
    return [...this.#events([{ type, response }]), SENTINEL]
  }

  /** The last events of a response that failed. Some clients see only one of them. */
  fail(failure: ErrorData): SseEvent[] {
    const error = openAiError(failure)
    const { code, message, param } = error
    return this.#last([{ type: 'error', code, message, param, error }, this.#lifecycle('failed', failed(failure))])
  }

  /** The last events of a response that was stopped on request. The API has a status for it, and no event. */
  cancel(): SseEvent[] {
    return this.#last([this.#lifecycle('incomplete', CANCELLED)])
  }

  /** Adds no number, as clients that follow a stream may each get an error of their own. */
  #last(fields: EventFields[]): SseEvent[] {
    const sequence = this.#sequence
    const hasBegun = this.#hasBegun
    const events = [...this.begin(), ...this.#events(fields), SENTINEL]
    this.#sequence = sequence
    this.#hasBegun = hasBegun
    return events
  }

  #add(part: AnswerPart): EventFields[] {
    if (typeof part === 'string') return this.#text('output_text', part)
    switch (part.type) {
      case 'text':
        return this.#text('output_text', part.text)
      case 'refusal':
        return this.#text('refusal', part.text)
      case 'reasoning':
        return this.#reasoning(part)
      case 'tool-call':
        return this.#call(part)
    }
  }

  #text(type: OutputContent['type'], text: string): EventFields[] {
    if (text === '') return []
    if (this.#current instanceof MessageOutput) return this.#current.add(type, text)
    const closed = this.#closeCurrent('completed')
    const message = new MessageOutput(this.#outputs.length, this.#newId('msg'))
    this.#current = message
    this.#outputs.push(message)
    return [...closed, ...message.add(type, text)]
  }

  #reasoning(part: ReasoningPart): EventFields[] {
    if (this.#current instanceof ReasoningOutput && !this.#current.isSealed) return this.#current.add(part)
    if (part.text === '' && part.signature === undefined && part.encrypted === undefined) return []
    const closed = this.#closeCurrent('completed')
    const reasoning = new ReasoningOutput(this.#outputs.length, this.#newId('rs'), this.#sealsAll)
    this.#current = reasoning
    this.#outputs.push(reasoning)
    return [...closed, ...reasoning.open(), ...reasoning.add(part)]
  }

  #call(piece: ToolCallPart): EventFields[] {
    const begun = this.#calls.get(piece.id)
    if (begun !== undefined) return begun.add(piece.arguments)
    const closed = this.#closeCurrent('completed')
    const call = new FunctionCallOutput(this.#outputs.length, this.#newId('fc'), piece)
    this.#calls.set(piece.id, call)
    this.#outputs.push(call)
    return [...closed, ...call.open(), ...call.add(piece.arguments)]
  }

  #closeCurrent(status: ItemStatus): EventFields[] {
    const current = this.#current
    this.#current = undefined
    return current === undefined ? [] : this.#close(current, status)
  }

  #close(output: Output, status: ItemStatus): EventFields[] {
    this.#done.set(output, status)
    return output.close(status)
  }

  #response(state: ResponseState): ResponseObject {
    const isRunning = state.status === 'in_progress' || state.status === 'queued'
    const open = isRunning ? 'in_progress' : 'incomplete'
    const output = this.#outputs.map(output => output.item(this.#done.get(output) ?? open))
    return responseOf(this.#head, output, state)
  }

  #lifecycle(name: 'created' | 'in_progress' | 'failed' | 'incomplete', state: ResponseState): EventFields {
    return { type: `response.${name}`, response: this.#response(state) }
  }

  #events(all: EventFields[]): SseEvent[] {
    return all.map(({ type, ...fields }) => ({
      event: type,
      data: { type, sequence_number: this.#sequence++, ...fields }
    }))
  }

  /** The id of an item, from which the response and the place of the item in it can be told. */
  #newId(prefix: string): string {
    return `${prefix}_${this.#head.id.replace('resp_', '')}_${this.#outputs.length}`
  }
}
