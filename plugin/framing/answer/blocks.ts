import type { SseEvent } from '../../sse/event.js'
import { AnswerParts } from './answer-parts.js'
import { checkRest, isComplete } from './call-arguments.js'
import { type AnswerPart, type Part, partOf, type ToolCallPart } from './part.js'

/**
 * Makes the events of an API whose answers are blocks, one after the other: each begins, grows by pieces, and ends
 * before the next one begins.
 */
export interface BlockWriter {
  /** @param first the first piece of the block. `piece` is called with it too. */
  begin(first: Part): SseEvent[]
  piece(part: Part): SseEvent[]
  /**
   * @param block the type of the block; a call of a tool with all of its arguments
   * @param isCut whether the answer goes no further, so that the block is not complete
   */
  end(block: BlockEnd, isCut: boolean): SseEvent[]
}

/** A block that has ended. */
export type BlockEnd = ToolCallPart | { readonly type: Exclude<Part['type'], 'tool-call'> }

/**
 * Puts the parts of an answer into blocks as they come. `AnswerParts` joins them in the same way.
 *
 * The pieces of several calls may come mixed, and those of one call after text. As only one block is open at a time,
 * whatever comes while the arguments of a call are incomplete waits until they are complete.
 */
export class AnswerBlocks {
  readonly #writer: BlockWriter
  readonly #head: () => SseEvent[]
  #hasBegun = false
  /** The type of the open block, a call with its arguments so far. */
  #open: BlockEnd | undefined
  /** The ids of the calls that have begun. */
  readonly #calls = new Set<string>()
  #waiting: Part[] = []
  #hasRefused = false

  /** @param head makes the events that come before the first block. Default: none */
  constructor(writer: BlockWriter, head: () => SseEvent[] = () => []) {
    this.#writer = writer
    this.#head = head
  }

  get hasToolCalls(): boolean {
    return this.#calls.size > 0
  }

  get hasRefused(): boolean {
    return this.#hasRefused
  }

  /** The events that come before the first block; none if they have come already. */
  begin(): SseEvent[] {
    if (this.#hasBegun) return []
    this.#hasBegun = true
    return this.#head()
  }

  /**
   * The events of an item.
   *
   * @throws FST_SSE_EVENT_INVALID if it is not a part of an answer, or a piece of a call whose arguments are complete
   */
  add(item: AnswerPart): SseEvent[] {
    const part = partOf(item)
    const events = this.#add(typeof part === 'string' ? { type: 'text', text: part } : part)
    return this.#hasBegun ? events : [...this.begin(), ...events]
  }

  /** The events of what has waited, and the end of the last block. */
  finish(): SseEvent[] {
    const rest = new AnswerParts()
    for (const part of this.#waiting) rest.add(part)
    this.#waiting = []
    return [...rest.parts.flatMap(part => this.#begin(part)), ...this.#end()]
  }

  /** The events that end the open block of an answer that goes no further. */
  cut(): SseEvent[] {
    this.#waiting = []
    return this.#end(true)
  }

  #add(part: Part): SseEvent[] {
    const open = this.#open
    if (part.type === 'tool-call' && open?.type === 'tool-call' && open.id === part.id) return this.#grow(open, part)
    if (open?.type === 'tool-call' && !isComplete(open)) {
      this.#waiting.push(part)
      return []
    }
    if (part.type === 'tool-call') return this.#begin(part)
    if (open?.type === part.type) return this.#piece(part)
    return part.text === '' && !isSigned(part) ? [] : this.#begin(part)
  }

  #grow(open: ToolCallPart, piece: ToolCallPart): SseEvent[] {
    open.arguments += piece.arguments
    const events = this.#writer.piece(piece)
    if (this.#waiting.length === 0 || !isComplete(open)) return events
    const waiting = this.#waiting
    this.#waiting = []
    return [...events, ...waiting.flatMap(part => this.#add(part))]
  }

  #begin(part: Part): SseEvent[] {
    if (part.type === 'tool-call') {
      if (this.#calls.has(part.id)) {
        checkRest(part)
        return []
      }
      this.#calls.add(part.id)
    }
    this.#hasRefused ||= part.type === 'refusal'
    const ended = this.#end()
    this.#open = part.type === 'tool-call' ? { ...part } : { type: part.type }
    return [...ended, ...this.#writer.begin(part), ...this.#piece(part)]
  }

  /** Reasoning ends with its signature. */
  #piece(part: Part): SseEvent[] {
    const events = this.#writer.piece(part)
    return isSigned(part) ? [...events, ...this.#end()] : events
  }

  #end(isCut = false): SseEvent[] {
    const open = this.#open
    this.#open = undefined
    return open === undefined ? [] : this.#writer.end(open, isCut)
  }
}

function isSigned(part: Part): boolean {
  return part.type === 'reasoning' && (part.signature !== undefined || part.encrypted !== undefined)
}
