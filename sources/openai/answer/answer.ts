import type { FastifyBaseLogger } from 'fastify'
import { isCut } from '../../../plugin/toolkit.js'
import type { AnswerPart, Finish, FinishReason, Usage } from '../../../routes/generate.js'
import { FST_SSE_PROVIDER_LOST, refusal as refused } from '../errors.js'
import type { Quote } from '../quote.js'
import { AnswerEnd } from './answer-end.js'
import type { StreamEvent } from './chat-stream.js'
import { type Choice, type Chunk, readChunk } from './chunk/chunk.js'
import { type Failure, failureOf, failureOfText } from './chunk/failure.js'
import { RepeatedChunk } from './chunk/repeated-chunk.js'
import { mayHoldText, type Value, valuesOf } from './chunk/values.js'
import { OddEvents } from './odd-events.js'
import { Said } from './said.js'
import { ToolCalls } from './tool-calls/tool-calls.js'

export interface AnswerContext {
  /** The headers of the response: an error in its body may need the `retry-after`. */
  headers: Headers
  /** Whether the response is JSON instead of events, as from servers that do not stream. */
  isDocument: boolean
  quote: Quote
  log: FastifyBaseLogger
}

/** An answer as it arrives: gives its parts, and decides how it ended. */
export class Answer {
  readonly #context: AnswerContext
  readonly #said = new Said()
  readonly #toolCalls = new ToolCalls()
  readonly #repeated = new RepeatedChunk()
  readonly #odd: OddEvents
  readonly #end = new AnswerEnd()
  #usage: Usage | undefined
  #hasChunk = false
  #failure: Error | undefined

  constructor(context: AnswerContext) {
    this.#context = context
    this.#odd = new OddEvents(context.quote, context.log)
  }

  /** Whether nothing of the answer has arrived yet. */
  get isEmpty(): boolean {
    return this.#said.isEmpty && !this.#toolCalls.hasSome
  }

  /** How far its end has arrived. */
  get end(): Pick<AnswerEnd, 'hasBegun' | 'patience' | 'postpone'> {
    return this.#end
  }

  /** The last usage that has arrived. */
  get usage(): Usage | undefined {
    return this.#usage
  }

  /**
   * Yields the parts of the answer in events.
   *
   * @throws FST_SSE_PROVIDER_REFUSED, FST_SSE_PROVIDER_LOST
   */
  *take(events: StreamEvent[]): Generator<AnswerPart, void> {
    for (const { name, data } of events) {
      const isError = name === 'error' && !this.#end.isOver
      const text = isError || this.#end.isOver ? undefined : this.#repeated.textOf(data)
      if (text !== undefined) {
        const said = this.#say(text)
        if (said !== '') yield said
        continue
      }
      const values = valuesOf(data)
      if (isError) throw this.#toError(failureOfText(data, values.find(isObjectValue)?.object))
      for (const value of values) {
        yield* this.#takeValue(value, data)
        if (this.#failure !== undefined) throw this.#failure
      }
    }
  }

  /** Half a character that is left over when the answer has ended, or `''`. */
  rest(): string {
    return this.#said.rest()
  }

  /** Logs that the rest of the body was not waited for. */
  logLeft(): void {
    const missing = this.#end.isOver ? 'the end of the body' : this.#end.isMarked ? 'a finish_reason' : '[DONE]'
    const level = this.#end.isOver ? 'debug' : 'info'
    this.#context.log[level](`stopped waiting for ${missing} of the model provider, and closed the connection`)
  }

  /** @throws FST_SSE_PROVIDER_REFUSED, FST_SSE_PROVIDER_LOST */
  finish(): Finish {
    const { quote, log } = this.#context
    const { reason: given, word } = this.#end.ending ?? { reason: this.#reasonWithoutOne(), word: undefined }
    if (given === undefined)
      throw this.#lost('ended its answer with a failure', `finish_reason ${JSON.stringify(word)}`)
    this.#checkCalls(given, word)
    this.#checkWords(given)
    const isWithoutCalls = isCalling(given) && !this.#toolCalls.hasSome
    const reason = isWithoutCalls ? 'stop' : given
    const level = reason === 'unknown' || isWithoutCalls ? 'info' : 'debug'
    const said = word === undefined ? 'no finish_reason' : `the finish_reason ${quote(JSON.stringify(word)).message}`
    if (reason !== word) log[level](`the model provider ended its answer with ${said}, which is taken for "${reason}"`)
    return this.#usage === undefined ? { finishReason: reason } : { finishReason: reason, usage: this.#usage }
  }

  /** The arguments of calls that have none. An answer that was cut may lack those that the model had. */
  restOfCalls(finish: Finish): AnswerPart[] {
    return isCut(finish) ? [] : this.#toolCalls.withoutArguments()
  }

  /** @returns the parts in a value; an error that comes with it is kept until they were given */
  #takeValue(value: Value, data: string): AnswerPart[] {
    if (value.kind === 'object') return this.#takeObject(value.object, data)
    if (value.kind === 'mark') this.#end.mark()
    else if (this.#end.isOver) this.#odd.ignoreLate(value.words)
    else if (value.kind === 'other' || (this.#end.ending !== undefined && !mayHoldText(value.words))) {
      this.#odd.ignore(value.words)
    } else this.#failure = this.#lost('sent an event that is not JSON', value.words)
    return []
  }

  #takeObject(object: Record<string, unknown>, data: string): AnswerPart[] {
    const chunk = readChunk(object)
    if (chunk?.usage && (chunk.usage.totalTokens > 0 || this.#usage === undefined)) this.#usage = chunk.usage
    if (this.#end.isOver) {
      if (chunk === undefined || chunk.first.text !== '') this.#odd.ignoreLate(JSON.stringify(object))
      return []
    }
    const failure = failureOf(object)
    if (failure !== undefined) this.#failure = this.#toError(failure)
    if (chunk !== undefined) {
      this.#repeated.learn(data, chunk.first.text)
      return this.#takeChunk(chunk, object)
    }
    if (failure === undefined) this.#odd.ignore(JSON.stringify(object), object)
    return []
  }

  #takeChunk(chunk: Chunk, object: Record<string, unknown>): AnswerPart[] {
    this.#hasChunk = true
    const parts = this.#takeChoice(chunk.first, object)
    for (const { whole, ...other } of chunk.others) {
      // Each choice has a part of the message, not all of it.
      parts.push(...this.#takeChoice({ ...other, text: other.text + (whole ?? ''), whole: undefined }, object))
    }
    if (parts.length === 0) this.#odd.examine(object)
    if (this.#context.isDocument && chunk.first.whole !== undefined) this.#end.mark()
    return parts
  }

  /** Takes the text of a chunk that says nothing else. @returns the next text, which may be empty */
  #say(text: string): string {
    const said = this.#said.say(text)
    this.#end.goOn()
    return said
  }

  #takeChoice(choice: Choice, object: object): AnswerPart[] {
    const { text, reasoning, refusal, calls, areCallsWhole, whole, isUnreadable, ending } = choice
    const rest = whole === undefined ? text : this.#said.restOf(whole)
    if (rest === undefined) {
      this.#failure ??= this.#lost('sent a message that has more text than the chunks before it', String(whole))
    }
    const parts = reasoning === '' ? [] : this.#said.think(choice)
    const said = rest ? this.#said.say(rest) : ''
    if (said !== '') parts.push(said)
    if (refusal !== '') parts.push(...this.#said.refuse(choice))
    if (calls !== undefined) parts.push(...this.#toolCalls[areCallsWhole ? 'takeWhole' : 'take'](calls))
    if (isUnreadable) this.#failure ??= this.#lost('sent content of an unknown type', JSON.stringify(object))
    if (rest || parts.length > 0) this.#end.goOn()
    if (ending !== undefined) this.#end.take(ending)
    return parts
  }

  /** @throws FST_SSE_PROVIDER_REFUSED, FST_SSE_PROVIDER_LOST unless something shows that the answer is complete */
  #reasonWithoutOne(): 'unknown' {
    const { notice, first, suspect } = this.#odd
    if (notice !== undefined) throw this.#toError(notice)
    if (!this.#hasChunk && first !== undefined) throw this.#lost('sent nothing that is an answer', first)
    if (!this.#end.isMarked) throw this.#lost('ended its answer too early', suspect?.words)
    if (suspect !== undefined) throw this.#toError(suspect)
    return 'unknown'
  }

  /** A call that was cut off is none. Where the reason says that it was, the client knows. */
  #checkCalls(reason: FinishReason, word: string | undefined): void {
    if (isCut({ finishReason: reason })) return
    const { hasNameless, hasSome, broken } = this.#toolCalls
    if (hasNameless && reason !== 'stop') throw this.#lost('sent a call of a tool without its name', String(word))
    if (broken !== undefined) {
      const words = `${broken.name}: ${broken.arguments}`
      throw this.#lost('sent a call of a tool whose arguments are not JSON', words)
    }
    if (isCalling(reason) && !hasSome && this.#said.isSilent) {
      throw this.#lost('announced calls of tools and sent none', `finish_reason ${JSON.stringify(word)}`)
    }
  }

  /** Content that was not read is all of an answer that has no other. */
  #checkWords(reason: FinishReason): void {
    const { unread } = this.#odd
    if (unread === undefined) return
    const isAll = this.#said.isSilent && !this.#toolCalls.hasSome && reason !== 'content_filter'
    if (isAll) throw this.#lost('sent content in a place where it is not read', unread)
    const { quote, log } = this.#context
    log.warn({ event: quote(unread).message }, 'the model provider sent content in a place where it is not read')
  }

  /** An error in the body may carry the status that the response should have had. */
  #toError({ words, status }: Failure): Error {
    const { quote, headers } = this.#context
    return status === undefined ? this.#lost('broke off with an error', words) : refused(status, headers, quote(words))
  }

  /** @param words what the provider sent, for the log */
  #lost(what: string, words: string | undefined): Error {
    if (words === undefined) return new FST_SSE_PROVIDER_LOST(what)
    return new FST_SSE_PROVIDER_LOST(what, { cause: this.#context.quote(words) })
  }
}

function isCalling(reason: FinishReason): boolean {
  return reason === 'tool_calls' || reason === 'function_call'
}

function isObjectValue(value: Value) {
  return value.kind === 'object'
}
