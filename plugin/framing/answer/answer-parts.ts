import { hasNoArguments, isCut, NO_ARGUMENTS } from './call-arguments.js'
import type { Finish } from './finish.js'
import type { AnswerPart, Part, ReasoningPart, ToolCallPart } from './part.js'

/** Joins the parts of an answer as they come: text to text, reasoning to reasoning, and the pieces of a tool call. */
export class AnswerParts {
  /** The joined parts, in the order in which they began. */
  readonly parts: Part[] = []
  readonly #calls = new Map<string, ToolCallPart>()

  add(part: AnswerPart): void {
    if (typeof part === 'string') this.#text(part)
    else if (part.type === 'tool-call') this.#call(part)
    else this.#join({ ...part })
  }

  /** The answer has ended: a call that has no arguments by now needs none, unless the answer was cut. */
  finish(finish: Finish): void {
    if (isCut(finish)) return
    for (const call of this.#calls.values()) if (hasNoArguments(call)) call.arguments = NO_ARGUMENTS
  }

  /** The text of the answer, without reasoning and refusals. */
  get text(): string {
    return this.#textOf('text')
  }

  /** What the model refused with; `''` if it did not. */
  get refusal(): string {
    return this.#textOf('refusal')
  }

  /** What the model thought; `''` if it did not say. */
  get reasoning(): string {
    return this.#textOf('reasoning')
  }

  get toolCalls(): ToolCallPart[] {
    return [...this.#calls.values()]
  }

  #textOf(type: Exclude<Part['type'], 'tool-call'>): string {
    return this.parts.map(part => (part.type === type && 'text' in part ? part.text : '')).join('')
  }

  #call(piece: ToolCallPart): void {
    const call = this.#calls.get(piece.id)
    if (call !== undefined) {
      call.arguments += piece.arguments
      if (piece.extra !== undefined) call.extra = { ...call.extra, ...piece.extra }
      return
    }
    const begun = { ...piece }
    this.#calls.set(piece.id, begun)
    this.parts.push(begun)
  }

  /** Joins text as it is. To copy it as an object was measured to cost a tenth of a whole answer. */
  #text(text: string): void {
    const last = this.parts.at(-1)
    if (last?.type === 'text') last.text += text
    else this.#join({ type: 'text', text })
  }

  #join(part: Exclude<Part, ToolCallPart>): void {
    const last = this.parts.at(-1)
    if (last === undefined || last.type === 'tool-call' || last.type !== part.type || isSigned(last)) {
      if (part.text !== '' || isSigned(part)) this.parts.push(part)
      return
    }
    const { text, ...rest } = part
    Object.assign(last, rest, { text: last.text + text })
  }
}

/** Reasoning ends with its signature: what comes after it is another piece of reasoning. */
function isSigned(part: Part): part is ReasoningPart {
  return part.type === 'reasoning' && (part.signature !== undefined || part.encrypted !== undefined)
}
