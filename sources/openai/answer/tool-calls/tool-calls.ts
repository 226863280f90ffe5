import { randomUUID } from 'node:crypto'
import { hasNoArguments, NO_ARGUMENTS } from '../../../../plugin/toolkit.js'
import type { AnswerPart } from '../../../../routes/generate.js'
import { jsonOf } from '../chunk/values.js'
import { type Piece, readPieces } from './pieces.js'

type ToolCallPart = Extract<AnswerPart, { type: 'tool-call' }>

/** A call as far as it has come. */
interface Call {
  readonly id: string
  readonly index: number
  /** The id that the provider gives it. */
  ownId: string | undefined
  name: string
  arguments: string
  extra: Piece['extra']
  /** The list with the last piece of it that has a name. */
  namedIn: number
  /** Whether pieces without a name have followed one that has it. */
  hasUnnamed: boolean
}

/**
 * Joins the pieces in which a provider sends the calls of tools. Servers differ: some leave out the index, some give
 * the same index or id to all calls, some send no id, or another one with each piece, or a whole call at once with its
 * arguments as an object. A piece with a name begins a call, unless it shows that it goes on with one. A piece without
 * a name goes on with one: that with its id, with its index, or the last one.
 */
export class ToolCalls {
  readonly #calls: Call[] = []
  readonly #byId = new Map<string, Call>()
  readonly #byIndex = new Map<number, Call>()
  #lists = 0

  /** Whether a call has come with its name. */
  get hasSome(): boolean {
    return this.#calls.some(({ name }) => name !== '')
  }

  /** Whether arguments have come for a call whose name has not. */
  get hasNameless(): boolean {
    return this.#calls.some(({ name, arguments: args }) => name === '' && args !== '')
  }

  /** A call whose arguments are not JSON, so that it cannot be made. */
  get broken(): { readonly name: string; readonly arguments: string } | undefined {
    return this.#calls.find(call => call.name !== '' && !hasNoArguments(call) && jsonOf(call.arguments) === undefined)
  }

  /** The arguments of the calls that have none: that is what a call of a tool without parameters has. */
  withoutArguments(): ToolCallPart[] {
    const calls = this.#calls.filter(call => call.name !== '' && hasNoArguments(call))
    return calls.map(({ id, name }) => ({ type: 'tool-call', id, name, arguments: NO_ARGUMENTS }))
  }

  /** Takes the calls of a delta or a choice. @param holder what has `tool_calls` or `function_call` */
  take(holder: Record<string, unknown>): ToolCallPart[] {
    this.#lists++
    const pieces = readPieces(holder).filter(piece => !this.#isRepeated(piece))
    return pieces.flatMap(piece => this.#add(this.#callOf(piece), piece))
  }

  /** Takes the calls of a whole message, which repeats those that have come before it. */
  takeWhole(message: Record<string, unknown>): ToolCallPart[] {
    this.#lists++
    const known = [...this.#calls]
    return readPieces(message).flatMap((piece, place) => {
      const call = this.#repeatedBy(piece, known, place)
      if (call === undefined) return this.#add(this.#begin(piece), piece)
      const isLonger = piece.arguments.startsWith(call.arguments)
      return this.#add(call, { ...piece, arguments: isLonger ? piece.arguments.slice(call.arguments.length) : '' })
    })
  }

  #add(call: Call, { id, name, arguments: args, extra }: Piece): ToolCallPart[] {
    const isBegun = call.name !== ''
    if (id !== undefined && call.ownId === undefined) this.#setId(call, id)
    if (name === '') call.hasUnnamed ||= isBegun && args !== ''
    else call.namedIn = this.#lists
    if (!isBegun) call.name = name
    const isFirst = !isBegun || call.arguments.trim() === ''
    call.arguments += args
    if (extra !== undefined) call.extra = { ...call.extra, ...extra }
    if (call.name === '' || (isBegun && args === '' && extra === undefined)) return []
    const given = isBegun ? { arguments: args, extra } : call
    // Clients parse the arguments with each piece, and fail at spaces alone.
    const said = isFirst ? given.arguments.trimStart() : given.arguments
    const part = { type: 'tool-call' as const, id: call.id, name: call.name, arguments: said }
    return [given.extra === undefined ? part : { ...part, extra: given.extra }]
  }

  /** The call that a piece belongs to, which may be a new one. */
  #callOf(piece: Piece): Call {
    const { id, index, name } = piece
    const atIndex = index === undefined ? undefined : this.#byIndex.get(index)
    const isOfIndex = id === undefined || atIndex?.ownId === undefined || atIndex.ownId === id
    const known = (isOfIndex ? atIndex : undefined) ?? (id === undefined ? undefined : this.#byId.get(id))
    if (name === '') return known ?? atIndex ?? this.#lastFor(piece) ?? this.#begin(piece)
    const candidate =
      known ?? (atIndex?.name === '' ? atIndex : undefined) ?? (hasNoMark(piece) ? this.#last : undefined)
    return candidate !== undefined && this.#continues(candidate, piece) ? candidate : this.#begin(piece)
  }

  get #last(): Call | undefined {
    return this.#calls.at(-1)
  }

  /** The last call, unless a piece that is marked as another one's would spoil its arguments, or says nothing yet. */
  #lastFor(piece: Piece): Call | undefined {
    const last = this.#last
    const isOther = !hasNoMark(piece) && (piece.arguments === '' || (last !== undefined && isComplete(last)))
    return isOther ? undefined : last
  }

  /** Whether a piece with a name goes on with a call, as it does where the name comes with each piece. */
  #continues(call: Call, piece: Piece): boolean {
    const { id, index, name, arguments: args } = piece
    if (call.name === '') return true
    if (call.name !== name) return false
    if (id !== undefined && id === call.ownId) {
      const isOther = index !== undefined && index !== call.index
      return !isOther && (args === '' || !isComplete(call))
    }
    if (call.namedIn === this.#lists) return false
    if (call.arguments === '') return !hasNoMark(piece)
    if (isComplete(call)) return args === '' && !call.hasUnnamed
    return !args.trimStart().startsWith('{') || !hasNoMark(piece)
  }

  /** Whether a piece is a whole call that has come already, as some servers send it at the end. */
  #isRepeated({ id, index, name, arguments: args }: Piece): boolean {
    const call = id === undefined || name === '' ? undefined : this.#byId.get(id)
    if (call?.name !== name || call.arguments !== args) return false
    return isComplete(call) && (index === undefined || index === call.index)
  }

  /** The call that a piece of a whole message repeats. @param before the calls that had come before the message */
  #repeatedBy(piece: Piece, before: Call[], place: number): Call | undefined {
    const known = before.find(({ ownId }) => ownId !== undefined && ownId === piece.id)
    const there = before[place]
    if (known !== undefined || there === undefined) return known
    if (there.name !== '' && there.name !== piece.name) return undefined
    if (piece.id !== undefined && there.ownId !== undefined) return undefined
    return piece.arguments.startsWith(there.arguments) || isSameJson(piece.arguments, there.arguments)
      ? there
      : undefined
  }

  #begin({ id, index }: Piece): Call {
    const isFree = id !== undefined && !this.#byId.has(id)
    const call: Call = {
      id: isFree ? id : `call_${randomUUID()}`,
      index: index ?? this.#calls.length,
      ownId: undefined,
      name: '',
      arguments: '',
      extra: undefined,
      namedIn: 0,
      hasUnnamed: false
    }
    this.#calls.push(call)
    this.#byIndex.set(call.index, call)
    return call
  }

  #setId(call: Call, id: string): void {
    call.ownId = id
    this.#byId.set(id, call)
  }
}

/** Whether nothing but its name tells which call a piece belongs to. */
function hasNoMark({ id, index }: Piece): boolean {
  return id === undefined && index === undefined
}

/** Whether the arguments of a call are a whole object, after which nothing can come. */
function isComplete({ arguments: args }: Call): boolean {
  return args.trimEnd().endsWith('}') && jsonOf(args) !== undefined
}

function isSameJson(one: string, other: string): boolean {
  return JSON.stringify(jsonOf(one)) === JSON.stringify(jsonOf(other))
}
