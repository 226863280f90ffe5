import { checkRest, hasNoArguments, isComplete, NO_ARGUMENTS } from './call-arguments.js'
import type { ToolCallPart } from './part.js'

/**
 * Puts the pieces of calls of tools in order, one call after the other, where the rest of an answer needs no order. The
 * pieces of several calls may come mixed: those of another call wait until the arguments of the open one are complete.
 * So the pieces of one call alone, or of calls that come one after the other, never wait.
 */
export class CallOrder {
  #open: ToolCallPart | undefined
  /** The ids of the calls that have begun. */
  readonly #begun = new Set<string>()
  #waiting: ToolCallPart[] = []

  get hasCalls(): boolean {
    return this.#begun.size > 0
  }

  /**
   * The pieces that may go on after this one has come.
   *
   * @throws FST_SSE_EVENT_INVALID if arguments follow those of a call that were complete, and another call has begun
   */
  add(piece: ToolCallPart): ToolCallPart[] {
    const open = this.#open
    if (open?.id === piece.id) {
      const next = hasNoArguments(open) ? withoutSpaces(piece) : piece
      open.arguments += next.arguments
      return this.#waiting.length > 0 && isComplete(open) ? [next, ...this.#release()] : [next]
    }
    if (open === undefined || isComplete(open)) return this.#begin(piece)
    this.#waiting.push(piece)
    return []
  }

  /**
   * The pieces that have waited until the end of the answer, and the arguments of calls that have none.
   *
   * @param isCut whether the answer was cut, so that such a call is not complete
   */
  finish(isCut: boolean): ToolCallPart[] {
    const pieces = this.#end(isCut)
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting
      const next = waiting[0]?.id
      this.#waiting = []
      pieces.push(...waiting.filter(({ id }) => id === next).flatMap(piece => this.add(piece)), ...this.#end(isCut))
      this.#waiting = waiting.filter(({ id }) => id !== next)
    }
    return pieces
  }

  #begin(piece: ToolCallPart): ToolCallPart[] {
    if (this.#begun.has(piece.id)) {
      checkRest(piece)
      return piece.extra === undefined ? [] : [{ ...piece, arguments: '' }]
    }
    const first = withoutSpaces(piece)
    this.#open = { ...first }
    this.#begun.add(piece.id)
    return [first]
  }

  #end(isCut: boolean): ToolCallPart[] {
    const open = this.#open
    this.#open = undefined
    if (open === undefined || isCut || !hasNoArguments(open)) return []
    const { type, id, name } = open
    return [{ type, id, name, arguments: NO_ARGUMENTS }]
  }

  #release(): ToolCallPart[] {
    const waiting = this.#waiting
    this.#waiting = []
    return waiting.flatMap(piece => this.add(piece))
  }
}

/** Clients parse what they have of the arguments with each piece, and fail at spaces alone. */
function withoutSpaces(piece: ToolCallPart): ToolCallPart {
  return { ...piece, arguments: piece.arguments.trimStart() }
}
